"""The site shows the formulas of the documentation without a script and without a request."""

import importlib.util
from types import SimpleNamespace

import markdown
import pytest
from mkdocs.exceptions import PluginError

from tests.docs.pages import ROOT

pytestmark = pytest.mark.backend_free


@pytest.fixture(scope="module")
def hook():
    file = ROOT / "docs" / "formulas.py"
    spec = importlib.util.spec_from_file_location("formulas", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(hook, text: str) -> str:
    """A page as the site shows it."""
    content = markdown.markdown(
        text,
        extensions=["tables", "pymdownx.superfences", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    return hook.on_page_content(content, page, config=None, files=None)


def test_every_formula_of_the_specification_becomes_mathml(hook):
    text = (ROOT / "docs" / "specification.md").read_text("utf-8")
    page = shown(hook, text)
    assert page.count('display="block"') == text.count("$$") // 2 > 5
    assert page.count('display="inline"') == text.replace("$$", "").count("$") // 2 > 20
    assert "arithmatex" not in page and "$" not in page


def test_a_matrix_has_parentheses_of_its_own_height(hook):
    page = shown(hook, r"$$\begin{pmatrix} u \\ v \end{pmatrix} < 1$$")
    assert '<mtable style="border' in page and "&#x00028;" not in page
    assert "&lt;" in page or "&#x0003C;" in page


def test_code_keeps_its_dollar_signs(hook):
    assert "<math" not in shown(hook, "`$HOME` and `$PATH`\n\n```\n$x$\n```")


def test_an_unknown_command_stops_the_build(hook):
    with pytest.raises(PluginError, match=r"page\.md: \\fracc"):
        shown(hook, r"$\fracc{1}{2}$")
