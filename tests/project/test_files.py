"""Nothing the user has is lost."""

import pytest

from mer_zoo.errors import OutputExistsError
from mer_zoo.files import refuse_overwrite, write_atomically


def test_existing_files_are_kept_unless_forced(tmp_path):
    path = tmp_path / "a.txt"
    assert refuse_overwrite(path) == path
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match="force=True"):
        refuse_overwrite(path)
    assert refuse_overwrite(path, force=True) == path


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_atomically(path, None)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    write_atomically(path, b"new")
    assert path.read_text() == "new"
