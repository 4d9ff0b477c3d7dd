"""A confusion matrix as a picture (SVG, no library needed to draw it)."""

from collections.abc import Sequence
from html import escape

import numpy as np

CELL, LEFT, TOP = 72, 130, 96
LIGHT, DARK = (246, 248, 252), (23, 74, 140)


def confusion_svg(confusion: np.ndarray, class_names: Sequence[str], title: str) -> str:
    """Draws counts, shaded by the share of each true class.

    Args:
        confusion: int `(K, K)`, rows are true classes.
        class_names: K names.
        title: a line above.

    Returns:
        The text of an SVG file.
    """
    confusion = np.asarray(confusion)
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    count = len(class_names)
    width = max(LEFT + CELL * count + 20, 8 * len(title) + 20)
    height = TOP + CELL * count + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(10, 22, title, "start", weight="bold"),
        _text(LEFT + CELL * count / 2, 50, "predicted", "middle"),
        _text(10, TOP - 12, "true", "start"),
    ]
    for i, name in enumerate(class_names):
        parts.append(_text(LEFT + CELL * (i + 0.5), TOP - 12, name, "middle"))
        parts.append(_text(LEFT - 10, TOP + CELL * (i + 0.5) + 5, name, "end"))
        for j in range(count):
            parts += _cell(i, j, int(confusion[i, j]), float(shares[i, j]))
    return "\n".join([*parts, "</svg>", ""])


def _cell(row, column, clips, share):
    x, y = LEFT + CELL * column, TOP + CELL * row
    fill = ",".join(str(round(a + (b - a) * share)) for a, b in zip(LIGHT, DARK, strict=True))
    ink = "white" if share > 0.5 else "black"
    return [
        f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="rgb({fill})"/>',
        _text(x + CELL / 2 - 1, y + CELL / 2, str(clips), "middle", ink, "bold"),
        _text(x + CELL / 2 - 1, y + CELL / 2 + 18, f"{share:.0%}", "middle", ink),
    ]


def _text(x, y, text, anchor, ink="black", weight="normal"):
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{ink}" font-weight="{weight}">'
        f"{escape(str(text))}</text>"
    )
