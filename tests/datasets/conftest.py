from pathlib import Path

import openpyxl
import pytest

from mer_zoo.datasets.fake import fake_release


@pytest.fixture(scope="session")
def releases(tmp_path_factory):
    """A made-up release, written once for each set of options."""
    written: dict[tuple, object] = {}

    def release(name, **options):
        key = (name, *sorted(options.items()))
        if key not in written:
            folder = tmp_path_factory.mktemp(f"{name}_") / "release"
            written[key] = fake_release(name, folder, **options)
        return written[key]

    return release


@pytest.fixture
def whats():
    """The particulars of a report's remarks of one kind on one clip."""

    def find(dataset, kind, clip):
        return [r.what for r in dataset.report.of_kind(kind) if r.clip == clip]

    return find


@pytest.fixture
def edit_table():
    """Changes the one workbook of a release: gives (sheet) to a function and saves."""

    def edit(root, change, sheet=0):
        (path,) = Path(root).glob("*.xlsx")
        book = openpyxl.load_workbook(path)
        change(book.worksheets[sheet])
        book.save(path)
        return path

    return edit


@pytest.fixture
def row_of():
    """(table, clip) -> that clip's row as a dict."""

    def find(dataset, clip):
        table = dataset.table
        (row,) = table[table["clip"] == clip].to_dict("records")
        return row

    return find
