"""Commands of the documentation exist, and take the arguments they are given."""

import ast
import re
import shlex

import click
import pytest
import typer

from mer_zoo.cli import app
from tests.docs.pages import PAGES, ROOT, blocks, commands

pytestmark = pytest.mark.backend_free

COMMANDS = sorted({(c, page.name) for page in PAGES for c in commands(page)})
OURS = [c for c in COMMANDS if c[0].split()[0] == "mer-zoo"]
SCRIPTS = [c for c in COMMANDS if re.match(r"python (benchmarks|docs)/", c[0])]


def test_the_documentation_has_commands():
    assert len(OURS) > 20 and len(SCRIPTS) > 3


@pytest.mark.parametrize("command", OURS, ids=lambda c: f"{c[1]}: {c[0][:60]}")
def test_our_commands_take_these_arguments(command):
    words = shlex.split(command[0])[1:]
    current = typer.main.get_command(app)
    context = click.Context(current, info_name="mer-zoo")
    while hasattr(current, "resolve_command"):
        name, current, words = current.resolve_command(context, words)
        if not hasattr(current, "resolve_command"):
            current.make_context(
                name, list(words), parent=context
            )  # raises on what it does not know
        context = click.Context(current, info_name=name, parent=context)


@pytest.mark.parametrize("command", SCRIPTS, ids=lambda c: f"{c[1]}: {c[0][:60]}")
def test_scripts_exist_and_have_these_options(command):
    _, script, *words = shlex.split(command[0])
    text = (ROOT / script).read_text("utf-8")
    for option in (w.split("=")[0] for w in words if w.startswith("--")):
        assert f'"{option}"' in text, f"{script} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_can_be_read(page):
    for code in blocks(page, "python"):
        ast.parse(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" in target or target.startswith("cards/"):  # pages of cards are made by mkdocs
            continue
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
