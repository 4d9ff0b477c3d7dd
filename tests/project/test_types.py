"""Every parameter of a public function, method or class has a type, and the types are shipped."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("mer_zoo", "tuner")
CONSTRUCTORS = ("__init__", "__call__")
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules() -> list[Path]:
    """The modules of both packages."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def is_private(module: Path) -> bool:
    """Whether its functions are internal. Public classes inherit from the classes in it."""
    return module.name.startswith("_") and not module.name.startswith("__")


def definitions(parent: ast.AST) -> Iterator[DEFINITIONS]:
    """Functions and classes of a module or class, also below an `if`; not those inside functions."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, DEFINITIONS):
            yield node
        else:
            yield from definitions(node)


def functions(parent: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Qualified name and definition of every public function and method."""
    for node in definitions(parent):
        if node.name.startswith("_") and node.name not in CONSTRUCTORS:
            continue
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        else:
            yield f"{prefix}{node.name}", node


def untyped(source: str, methods_only: bool = False) -> list[str]:
    """`function: parameter` for every parameter without a type."""
    return [
        f"{name}: {parameter.arg}"
        for name, node in functions(ast.parse(source))
        for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if parameter.annotation is None
        and parameter.arg not in ("self", "cls")
        and not (methods_only and "." not in name)
    ]


def test_every_parameter_has_a_type():
    found = {
        str(path.relative_to(ROOT)): untyped(path.read_text("utf-8"), is_private(path))
        for path in modules()
    }
    assert len(found) > 300 and {path: names for path, names in found.items() if names} == {}


def test_a_parameter_without_a_type_is_found():
    source = (
        "def f(a, b: int, *c, d=1, _e: str = ''):\n    def inner(x): ...\n"
        "class K:\n    def __init__(self, g): ...\n    def _own(self, h): ...\n"
        "if True:\n    async def late(i): ...\n"
        "def _private(j): ...\n"
    )
    assert untyped(source) == ["f: a", "f: d", "K.__init__: g", "late: i"]
    assert untyped(source, methods_only=True) == ["K.__init__: g"]


def test_the_types_are_shipped():
    assert (files("mer_zoo") / "py.typed").is_file()
