"""The floor plan of docs/design.md, held against the code's own imports."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "mer_zoo"
BASE = {"errors", "extras", "files", "lazy", "processes", "progress", "selection", "settings"}
MAY_IMPORT = {
    "layers": set(),
    "models": {"layers"},
    "faces": set(),
    "clips": {"faces"},
    "modalities": {"clips", "layers"},
    "spotting": {"faces", "clips", "modalities"},
    "readings": set(),
    "synthesis": {"faces", "clips", "modalities"},
    "zoo": {"models", "modalities", "spotting", "readings", "clips"},
    "datasets": {"clips"},
    "explain": {"zoo", "models", "readings"},
    "exporting": {"zoo", "layers", "modalities", "clips", "faces"},
    "preparation": {
        *("datasets", "zoo", "spotting", "modalities", "clips", "faces", "synthesis"),
    },
    "evaluation": set(),
    "tracking": {"evaluation", "zoo", "clips"},
    "training": {
        *("zoo", "synthesis", "models", "modalities", "clips", "faces"),
        *("datasets", "preparation", "evaluation", "tracking"),
    },
    "batch": {"zoo", "readings", "clips", "faces"},
    "app": {"zoo", "explain", "readings"},
    "cli": {
        *(
            "app",
            "batch",
            "zoo",
            "explain",
            "exporting",
            "synthesis",
            "readings",
            "clips",
            "training",
            "datasets",
            "preparation",
            "evaluation",
        ),
    },
}


def imported_rooms(path: Path) -> set[str]:
    """Rooms of mer_zoo that a file imports, anywhere in it."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        rooms |= {n.split(".")[1] for n in names if n.startswith("mer_zoo.")}
    return {r for r in rooms if (PACKAGE / r).is_dir() or (PACKAGE / f"{r}.py").exists()}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_arrows_go_down_only(room):
    for path in (PACKAGE / room).rglob("*.py"):
        allowed = MAY_IMPORT[room] | BASE | {room}
        assert imported_rooms(path) <= allowed, path.name


def test_every_room_is_in_the_plan():
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert rooms == set(MAY_IMPORT)


def test_only_its_command_imports_the_tuner_and_only_tracking_imports_mlflow():
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            (n.module or "") if isinstance(n, ast.ImportFrom) else n.names[0].name
            for n in ast.walk(tree)
            if isinstance(n, ast.Import | ast.ImportFrom)
        }
        tops = {n.split(".")[0] for n in names}
        assert not tops & {"keras_tuner", "pickle"}, path.name
        assert "tuner" not in tops or path == PACKAGE / "cli" / "tuning.py", path.name
        assert "mlflow" not in tops or path.parent.name == "tracking", path.name


def test_files_stay_small():
    long = {
        p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 320
    }
    assert not long
