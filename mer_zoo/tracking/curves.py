"""Curves as a picture (SVG, no library needed to draw it): losses by epoch, scores by fold."""

from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, TOP, RIGHT, BOTTOM = 64, 48, 20, 64
COLOURS = ("#174a8c", "#c4552d", "#2d7d46", "#7a4fa3", "#8a6d1f", "#3a8fa3")
TICKS = 5


def curves_svg(curves: Mapping[str, Mapping[int, float]], title: str, across: str) -> str:
    """Draws one line per curve, with a point at every step.

    Args:
        curves: name -> value by step; at least one has a value.
        title: a line above.
        across: the meaning of a step, such as "epoch"; steps are shown from 1.

    Returns:
        The text of an SVG file.
    """
    points = [(step, value) for curve in curves.values() for step, value in curve.items()]
    steps, values = zip(*points, strict=True)
    first, last = min(steps), max(steps)
    low, high = min(0.0, *values), max(values)
    high = high if high > low else low + 1.0

    def x(step):
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / max(last - first, 1)

    def y(value):
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="10" y="24" font-weight="bold">{escape(title)}</text>',
        *_axes(x, y, first, last, low, high, across),
    ]
    for number, (name, curve) in enumerate(curves.items()):
        parts += _curve(name, sorted(curve.items()), x, y, number)
    return "\n".join([*parts, "</svg>", ""])


def _axes(x, y, first, last, low, high, across):
    for i in range(TICKS + 1):
        value = low + (high - low) * i / TICKS
        yield f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    bottom = HEIGHT - BOTTOM + 18
    for step in sorted({round(first + (last - first) * i / TICKS) for i in range(TICKS + 1)}):
        yield f'<text x="{x(step):.1f}" y="{bottom}" text-anchor="middle">{step + 1}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{bottom + 16}" text-anchor="end">{escape(across)}</text>'


def _curve(name, points, x, y, number):
    colour = COLOURS[number % len(COLOURS)]
    line = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in points)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for step, value in points:
        yield f'<circle cx="{x(step):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
    column = LEFT + 140 * (number % 4)
    row = HEIGHT - 26 + 16 * (number // 4 % 2)
    yield f'<rect x="{column}" y="{row - 9}" width="10" height="10" fill="{colour}"/>'
    yield f'<text x="{column + 16}" y="{row}">{escape(name)}</text>'
