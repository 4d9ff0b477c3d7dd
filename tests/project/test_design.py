"""The table of packages in docs/design.md, compared with the code's own imports."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "mer_zoo"
DESIGN = (PACKAGE.parent / "docs" / "design.md").read_text("utf-8")


def packages_of_the_design() -> tuple[dict[str, set[str]], set[str]]:
    """The table of the design: package -> the packages it may import; and the modules that all may import."""
    rows = re.findall(r"^\| `mer_zoo/(.+?)` \|.*\| (.+) \|$", DESIGN, flags=re.MULTILINE)
    packages = {name.rstrip("/"): allowed for name, allowed in rows if name.endswith("/")}
    (base,) = re.findall(r"^\| (`mer_zoo/config\.py`.*?) \|", DESIGN, flags=re.MULTILINE)
    plan = {
        package: set(packages)
        if allowed == "all"
        else set(packages) & set(re.findall(r"\w+", allowed))
        for package, allowed in packages.items()
    }
    return plan, set(re.findall(r"(\w+)\.py", base))


MAY_IMPORT, BASE = packages_of_the_design()


def imported_names(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_packages(path: Path) -> set[str]:
    """Packages of mer_zoo that a file imports, anywhere in it."""
    packages = {n.split(".")[1] for n in imported_names(path) if n.startswith("mer_zoo.")}
    return {r for r in packages if (PACKAGE / r).is_dir() or (PACKAGE / f"{r}.py").exists()}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_packages_import_only_what_they_may(package):
    for path in (PACKAGE / package).rglob("*.py"):
        allowed = MAY_IMPORT[package] | BASE | {package}
        assert imported_packages(path) <= allowed, path.name


def test_the_folders_of_synthesis_import_only_those_before_them():
    (row,) = re.findall(r"^\| `mer_zoo/synthesis/` \|(.*)\|", DESIGN, flags=re.MULTILINE)
    order = re.findall(r"`(\w+)/`", row)
    folder_of_synthesis = PACKAGE / "synthesis"
    assert {p.parent.name for p in folder_of_synthesis.glob("*/*.py")} == set(order)
    assert [p.name for p in folder_of_synthesis.glob("*.py")] == ["__init__.py"]
    for index, folder in enumerate(order):
        for path in (folder_of_synthesis / folder).glob("*.py"):
            names = {n.removeprefix("mer_zoo.synthesis.") for n in imported_names(path)}
            assert "mer_zoo.synthesis" not in names, path.name
            assert {n.split(".")[0] for n in names} & set(order) <= set(order[: index + 1]), (
                path.name
            )


def test_every_package_is_in_the_table():
    packages = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert packages == set(MAY_IMPORT)


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


def function_lengths():
    """(lines without the docstring, file and name) of every function of the package and the search."""
    for file in (f for root in (PACKAGE, PACKAGE.parent / "tuner") for f in root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                has_docstring = ast.get_docstring(node) is not None
                docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
                yield node.end_lineno - node.lineno + 1 - docstring, f"{file.name}: {node.name}"


def test_functions_are_short():
    assert [(n, name) for n, name in function_lengths() if n > 60] == []
