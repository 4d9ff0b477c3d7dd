"""The pictures of the documentation are made by a command."""

import re
import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"


def test_every_picture_has_a_script_that_makes_it():
    make = runpy.run_path(str(FOLDER / "make.py"))
    made = make["PICTURES"] | make["OF_A_SEARCH"]
    assert all((ROOT / script).exists() for script in made)
    names = sorted(name for names in made.values() for name in names)
    assert names == sorted(
        path.name for path in FOLDER.iterdir() if path.suffix in (".png", ".jpg")
    )


def test_every_picture_in_the_documentation_says_what_it_shows():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    shown = re.findall(r"!\[([^]]*)\]\((?:docs/)?pictures/", text)
    shown += re.findall(r'<img src="docs/pictures/[^>]* alt="([^"]*)"', text)
    assert len(shown) >= 5 and all(len(alt.split()) > 3 for alt in shown), shown
