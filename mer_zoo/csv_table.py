"""Tables as csv files of users: read within limits, with line numbers for the messages."""

import csv
import io
import os
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path

from mer_zoo.errors import MerZooError, shown
from mer_zoo.files import read_at_most

REPORTED_ROWS = 10
MOST_COLUMNS = 1000
MARKS = ",;\t"
NUMBERING, BY_FILE, BY_POSITION = "numbering", "file", "index"
"""Column of a table that says what its onset, apex and offset count, and its two values."""


@dataclass(frozen=True)
class CsvFormat:
    """What a kind of table may hold.

    Attributes:
        what: the kind in words, such as "clip table".
        rows: what its rows are, such as "clips".
        row: what is in a row, such as "one clip a row".
        columns: names as `plain_name` writes them; the first one is required, the others are known.
        meaning: what the first column holds, for the message that it is missing.
        most_bytes: size of the largest file.
        most_rows: rows of the longest table.
        error: the error that is raised.
    """

    what: str
    rows: str
    row: str
    columns: tuple[str, ...]
    meaning: str
    most_bytes: int
    most_rows: int
    error: type[MerZooError]

    def read(self, path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
        """The column names as they are written, and the rows that are not blank.

        Columns are separated by comma, semicolon or tab, or by what a first line `sep=;` says, as Excel
        writes and hides it.

        Args:
            path: the file, UTF-8 with or without a byte order mark.

        Returns:
            (names, rows); each row is (line number, cells), the header's line number being 1.

        Raises:
            MerZooError: `error`, where the file is missing, too large, empty, not UTF-8 or not csv,
                or lacks the first column, or has a known column twice.
        """
        lines = self._lines(path)
        first, marks = self._begin(path, lines)
        header = lines[first : first + 1]
        headers = {mark: self._cells(path, first, header, mark)[0][1] for mark in marks}
        needed = self.columns[0]
        mark = max(headers, key=lambda m: (needed in map(plain_name, headers[m]), len(headers[m])))
        names = [name.strip() for name in headers[mark]]
        self._check_header(path, names)
        rows = self._cells(path, first + 1, lines[first + 1 :], mark)
        rows = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
        if not rows:
            raise self.error(f"{path} has a header but no rows; expected {self.row}.")
        return names, rows

    def warn_of_unused(self, path: Path, names: Sequence[str], used: Collection[str] = ()) -> None:
        """Warns of each unknown column whose name is close to a known one that is missing.

        Args:
            path, names: of the table.
            used: names of further columns that are read.
        """
        missing = set(self.columns) - set(map(plain_name, names))
        for name in (n for n in names if n not in used and plain_name(n) not in self.columns):
            if meant := get_close_matches(plain_name(name), missing, n=1):
                warnings.warn(
                    f"{path}: column {shown(name)} is not used. Did you mean {meant[0]!r}?",
                    stacklevel=3,
                )

    def refuse_rows(self, path: Path, faults: Sequence[str], count: int) -> None:
        """Raises `error` where there are faults, and names the first ten of them.

        Args:
            path: of the table.
            faults: one text a row, such as "line 3: onset is 'x'".
            count: number of rows of the table.
        """
        if not faults:
            return
        more = len(faults) - REPORTED_ROWS
        listed = [*faults[:REPORTED_ROWS], *([f"and {more} more"] if more > 0 else [])]
        raise self.error(
            f"{path}: {len(faults)} of {count} rows cannot be used. Correct or remove them.\n  "
            + "\n  ".join(listed)
        )

    def _lines(self, path: Path) -> list[str]:
        if not os.path.isfile(path):
            raise self.error(f"There is no {self.what} {path}. Check the path.")
        try:
            content = read_at_most(path, self.most_bytes)
            if content is None:
                raise self.error(
                    f"{path} has more than {self.most_bytes // 10**6} MB, so it is hardly a table of "
                    f"{self.rows}. Check the path, or split the table."
                )
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise self.error(f"{path} cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise self.error(
                f"{path} is not UTF-8 text (byte {error.start}). Save it again as 'CSV UTF-8'."
            ) from error
        if (
            text.count("\n") + text.count("\r") > 2 * self.most_rows
        ):  # Windows ends a line with both
            raise self.error(f"{path} has more than {self.most_rows:,} lines. Split the table.")
        if not text.strip():
            raise self.error(
                f"{path} is empty; expected a header with a {self.columns[0]} column and {self.row}."
            )
        # splitlines knows ends of lines that csv does not
        return list(io.StringIO(text, newline=""))

    def _begin(self, path: Path, lines: Sequence[str]) -> tuple[int, str]:
        """The place of the header among the lines, and the marks that may separate its columns."""
        filled = (number for number, line in enumerate(lines) if line.strip())
        first = next(filled)
        said = re.fullmatch(r'"?sep=([^"\w\s]|\t)"?\1*', lines[first].strip(" \r\n"), re.IGNORECASE)
        if said is None:
            return first, MARKS
        following = next(filled, None)
        if following is None:
            raise self.error(
                f"{path} holds nothing but the line {lines[first].strip()}; expected a header with a "
                f"{self.columns[0]} column and {self.row}."
            )
        return following, said[1]

    def _check_header(self, path: Path, names: list[str]) -> None:
        if len(names) > MOST_COLUMNS:
            raise self.error(
                f"{path} has {len(names):,} columns; expected at most {MOST_COLUMNS:,}. Remove all "
                f"except {', '.join(self.columns)}."
            )
        header = [plain_name(name) for name in names]
        needed, *others = self.columns
        if needed not in header:
            columns = ", ".join(name[:50] for name in names[:20])
            raise self.error(
                f"{path} has no column {needed!r}; its columns are {columns}. Name the column that "
                f"holds {self.meaning} {needed!r}; the others may be {', '.join(others)}."
            )
        twice = [n for n, count in Counter(header).items() if count > 1 and n in self.columns]
        if twice:
            raise self.error(f"{path} has two columns {twice[0]!r}. Remove or rename one.")

    def _cells(
        self, path: Path, first: int, lines: list[str], mark: str
    ) -> list[tuple[int, list[str]]]:
        """The rows of some lines, each with the number of the line it begins on; `first` is 0-based."""
        reader = csv.reader(lines, delimiter=mark)
        rows, line = [], first + 1
        try:
            for cells in reader:
                rows.append((line, cells))
                line = first + 1 + reader.line_num
        except csv.Error as error:
            raise self.error(
                f"{path}, line {line}: {error}. Look for a quotation mark without its pair, and save "
                "the table again as csv."
            ) from error
        return rows


def csv_bytes(rows: Iterable[Sequence]) -> bytes:
    """The rows as CSV: UTF-8, one line feed at the end of each line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def plain_name(name: str) -> str:
    """The name of a column without case, spaces and underscores."""
    return name.strip().lower().replace(" ", "").replace("_", "")


def unsaid_numbering(path: Path, names: Iterable[str]) -> str | None:
    """Why frame numbers of a table cannot be used: it holds answers and does not say what they count.

    Answers of this package count the frames of a folder from 0. Tables that are read count by the numbers
    in the file names, so the frames would be others.

    Args:
        path, names: of the table.

    Returns:
        The message of an error, or None where the table says what it counts, or holds no answers.
    """
    header = set(map(plain_name, names))
    if "onsetseconds" not in header or NUMBERING in header:
        return None
    return (
        f"{path} has a column onset_seconds, as tables of answers have, whose onset, apex and offset count "
        "the frames of a folder from 0. Tables that are read count by the numbers in the file names. Add a "
        f"column {NUMBERING}: {BY_POSITION} if yours count from 0, {BY_FILE} if they are numbers of files."
    )


def clean_name(text: str) -> str:
    """A name without spaces round it, each accented letter as one character (NFC)."""
    return unicodedata.normalize("NFC", text).strip()


def spelt_alike(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two names that hardly mean two things, such as "Joy" and "joy" or "1" and "01"; or None."""
    seen: dict[str | Decimal, str] = {}
    for name in sorted(names):
        other = seen.setdefault(_spelling(name), name)
        if other != name:
            return other, name
    return None


def _spelling(name: str) -> str | Decimal:
    """Equal for names that differ only in case, spaces, unseen characters, unicode form or as numbers."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(filter(str.isprintable, folded)).replace(" ", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    # Python reads "1_0" as 10, and no "nan" equals another.
    return number if number.is_finite() and "_" not in text else text
