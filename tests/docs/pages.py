"""The pages of the documentation, and what a reader would type."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "tuner" / "README.md"]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language, in their order."""
    return [code for found, code in _BLOCK.findall(page.read_text("utf-8")) if found == language]


def commands(page: Path) -> list[str]:
    """Every command of the shell blocks, without comments; continued lines are joined."""
    found = []
    for block in blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"(^|\s)#.*", "", line).strip()
            found += [part.strip() for part in re.split(r"&&|;| & ?$", line) if part.strip()]
    return found
