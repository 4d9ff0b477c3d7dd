"""A hook of mkdocs: formulas become MathML, so a page needs no script and no request to show them."""

import html
import re

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)
_MATRIX = re.compile(r"<mo>&#x00028;</mo><mtable>(.*?)</mtable><mo>&#x00029;</mo>", re.DOTALL)

# A browser stretches parentheses only if the reader has a mathematical font: borders need none.
_ROUND = "border: solid currentColor; border-width: 0 0.08em; border-radius: 0.6em; margin: 0 0.2em"


def on_page_content(content, page, **_):
    """Replaces every formula that the arithmatex extension has marked."""

    def mathml(found: re.Match) -> str:
        latex = html.unescape(found["latex"]).strip()
        return to_mathml(latex, found["tag"] == "div", page.file.src_uri)

    return _FORMULA.sub(mathml, content)


def to_mathml(latex: str, block: bool, where: str) -> str:
    """Converts one formula.

    Args:
        latex: the formula without its dollar signs.
        block: whether it stands on a line of its own.
        where: the page, for the error.

    Raises:
        PluginError: the formula has a command that the converter does not know.
    """
    markup = convert(latex, display="block" if block else "inline")
    if unknown := re.search(r"\\\w+", markup):
        raise PluginError(f"{where}: {unknown[0]} in the formula {latex!r} is not supported.")
    return _MATRIX.sub(rf'<mtable style="{_ROUND}">\1</mtable>', markup)
