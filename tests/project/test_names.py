"""One meaning a name: no two public classes of `mer_zoo` and `tuner` are called the same."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def defined_twice(files: dict[str, str]) -> dict[str, list[str]]:
    """Name -> the files that define a public class of that name, where there are several."""
    found = defaultdict(list)
    for name, source in files.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name)
    return {name: places for name, places in found.items() if len(places) > 1}


def test_no_two_public_classes_share_a_name():
    paths = [path for package in ("mer_zoo", "tuner") for path in (ROOT / package).rglob("*.py")]
    assert defined_twice({str(p.relative_to(ROOT)): p.read_text("utf-8") for p in paths}) == {}


def test_a_name_of_two_classes_is_found():
    files = {"a.py": "class K: ...\nclass _Own: ...\n", "b.py": "class K: ...\nclass _Own: ...\n"}
    assert defined_twice(files) == {"K": ["a.py", "b.py"]}
