"""Lists and tables have an empty line before them: without it the site shows them as running text."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ITEM = re.compile(r"([*-]|\d+\.) ")


def glued(text: str) -> list[str]:
    """The first items of lists that follow a line of text directly."""
    found, in_code, in_list, before = [], False, False, ""
    for line in text.splitlines():
        if line.startswith("```"):
            in_code = not in_code
        elif not in_code:
            is_item = bool(ITEM.match(line))
            after_text = bool(before.strip()) and not before.startswith(("#", "|", "```"))
            if is_item and not in_list and after_text:
                found.append(line)
            in_list = is_item or (in_list and (line.startswith(" ") or not line.strip()))
        before = line
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_list_is_glued_to_the_text_before_it(page):
    assert glued(page.read_text(encoding="utf-8")) == []


def glued_tables(text: str) -> list[str]:
    """The first rows of tables that follow a line of text, or the end of a block of code, directly."""
    pairs = zip(["", *text.splitlines()], text.splitlines(), strict=False)
    return [
        line
        for before, line in pairs
        if line.startswith("|") and before.strip() and not before.startswith(("|", "#"))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_table_is_glued_to_what_comes_before_it(page):
    assert glued_tables(page.read_text(encoding="utf-8")) == []


def test_glued_tables_are_found():
    assert glued_tables("```\nx\n```\n| a |\n|---|") == ["| a |"]
    assert glued_tables("## Head\n| a |\n|---|\n| 1 |\n\n| b |\n|---|") == []


def test_glued_lists_are_found():
    assert glued("They say:\n* one\n* two") == ["* one"]
    assert glued("They say:\n\n* one\n  more\n* two\n\n# Then\n* three\n```\nx\n* y\n```") == []
