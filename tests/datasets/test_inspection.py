import shutil

from mer_zoo.datasets import inspect
from mer_zoo.datasets.fake import fake_release


def test_a_small_release(releases):
    found = inspect("casme2", releases("casme2"))
    assert (found.clips, found.subjects, found.frames_found) == (17, 9, 17)
    assert found.missing == () and found.unlisted[0].endswith("EP02_07")
    assert found.table_version == "unknown"
    assert [check.reached for check in found.protocols] == [False] * 6
    text = found.to_text()
    assert "not a known official version" in text
    assert "protocol casme2-5class-246 (246 clips): not reached" in text


def test_a_full_release(tmp_path):
    root = fake_release("casme2", tmp_path / "r", full=True, clip_length=(3, 4))
    found = inspect("casme2", root)
    reached = {check.name for check in found.protocols if check.reached}
    assert found.table_version == "20140508"
    assert reached == {
        *("casme2-5class-246", "casme2-5class-247", "casme2-3class-145", "casme2-7class-255")
    }
    assert next(iter(found.label_counts.items())) == ("others", 99)


def test_missing_frames_are_counted_and_named(tmp_path):
    root = fake_release("samm", tmp_path / "r")
    shutil.rmtree(root / "SAMM" / "006")
    found = inspect("samm", root)
    assert len(found.missing) == 3 and found.frames_found == 9
    assert "missing: samm/006/" in found.to_text()
    shutil.rmtree(root / "SAMM")
    found = inspect("samm", root)
    assert len(found.missing) == 12 and found.frames_found == 0
