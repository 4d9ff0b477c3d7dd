"""A line drawing of a face with an arrow where each action unit pulls, as coordinates for an SVG."""

import math
from collections.abc import Iterable

from mer_zoo.action_units import MovedUnit

WIDTH, HEIGHT = 200, 240
HEAD = 4.5  # length of an arrow's head
_Arrow = tuple[float, float, float, float]

# x, y, dx, dy of the arrows of the subject's left half, which is on the right of the drawing. An arrow
# on the middle line stands for both halves.
_ARROWS: dict[int, tuple[_Arrow, ...]] = {
    1: ((113, 76, -2, -14),),
    2: ((143, 74, 2, -14),),
    4: ((117, 62, -4, 14),),
    5: ((129, 92, 0, -10),),
    6: ((142, 128, 0, -13),),
    7: ((129, 111, 0, -9),),
    9: ((107, 128, 0, -13),),
    10: ((112, 158, 1, -12),),
    12: ((127, 168, 12, -10),),
    14: ((128, 171, 13, 0),),
    15: ((127, 174, 7, 12),),
    17: ((100, 212, 0, -14),),
    20: ((127, 172, 15, 3),),
    23: ((137, 170, -12, 0),),
    24: ((100, 152, 0, 11), (100, 191, 0, -11)),
    25: ((100, 167, 0, -10), (100, 174, 0, 10)),
    26: ((100, 205, 0, 16),),
}


def face_drawing(units: Iterable[MovedUnit]) -> dict:
    """The arrows of the units that moved.

    Args:
        units: those that moved.

    Returns:
        `view`, the view box, and `arrows`: the points of each polyline, for `article.html.j2`.
    """
    arrows = []
    for unit in units:
        for x, y, dx, dy in _ARROWS[unit.number]:
            if x == WIDTH / 2:
                arrows.append(_points(x, y, dx, dy))
                continue
            if unit.side != "right":
                arrows.append(_points(x, y, dx, dy))
            if unit.side != "left":
                arrows.append(_points(WIDTH - x, y, -dx, dy))
    return {"view": f"0 0 {WIDTH} {HEIGHT}", "arrows": arrows}


def _points(x: float, y: float, dx: float, dy: float) -> str:
    """An arrow as one line: along its shaft, to one barb, back to the tip, to the other barb."""
    tip, angle = (x + dx, y + dy), math.atan2(dy, dx)
    barbs = [
        (tip[0] - HEAD * math.cos(angle + turn), tip[1] - HEAD * math.sin(angle + turn))
        for turn in (0.5, -0.5)
    ]
    line = [(x, y), tip, barbs[0], tip, barbs[1]]
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in line)
