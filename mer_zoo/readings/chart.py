"""The motion of a reading, frame by frame, as coordinates for an SVG drawing of any width.

Along the frames, coordinates are percentages of the plot's width, so that the drawing fits every screen while
its text keeps its size. Heights are CSS pixels.
"""

import math

import numpy as np

from mer_zoo.readings.reading import Reading

HEIGHT, TOP, BOTTOM = 244, 60, 200
FLAG_ROWS = {"onset": 14, "apex": 31, "offset": 48}  # a row each, so that names never overlap
FLAG_GAP = 5  # between a line and its name
TICKS = 6
ROUND_STEPS = (1, 2, 5)
ROUND_HEIGHTS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


def chart(reading: Reading) -> dict:
    """Where to draw the curve, the phases, the frames of the image and the ticks.

    Args:
        reading: a `Reading`.

    Returns:
        Percentages (x), pixels (y) and texts, for `chart.html.j2`.
    """
    curve = np.asarray(reading.curve, dtype=float)
    top = _round_up(max(float(curve.max(initial=0.0)), 0.5), ROUND_HEIGHTS)
    last = max(len(curve) - 1, 1)

    def x(frame):
        place = min(max(frame - reading.curve_start, 0), last)
        return round(100 * place / last, 2)

    def y(motion):
        return round(BOTTOM - (BOTTOM - TOP) * motion / top, 1)

    def flag(name):
        frame = getattr(reading, name)
        at = x(frame)
        before = at > 50  # the name stands where there is more room
        return {
            "x": at,
            "y": FLAG_ROWS[name],
            "gap": -FLAG_GAP if before else FLAG_GAP,
            "side": "end" if before else "start",
            "text": f"{name} {frame}" + (f", {frame / reading.fps:.2f} s" if reading.fps else ""),
        }

    names = ("onset", "apex") if reading.held else ("onset", "apex", "offset")
    end = reading.curve_start + last if reading.held else reading.offset
    peak = min(max(reading.apex - reading.curve_start, 0), len(curve) - 1)
    return {
        "height": HEIGHT,
        "top": TOP,
        "bottom": BOTTOM,
        "points": " ".join(f"{x(reading.curve_start + i)},{y(v)}" for i, v in enumerate(curve)),
        "levels": [{"y": y(level), "text": f"{level:.3g}"} for level in (0, top / 2, top)],
        "flags": [flag(name) for name in names],
        "rise": (x(reading.onset), x(reading.apex)),
        "fall": (x(reading.apex), x(end)),
        "peak": {"x": x(reading.apex), "y": y(curve[peak]) if len(curve) else BOTTOM},
        "image": (x(reading.image_span[0]), x(reading.image_span[2])),
        "ticks": [{"x": x(frame), "text": text} for frame, text in _ticks(reading, last)],
        "unit": "seconds" if reading.fps else "frames",
    }


def _ticks(reading, last):
    """Round times (or frame numbers) within the curve, with their frame."""
    rate = reading.fps or 1.0
    start, end = reading.curve_start / rate, (reading.curve_start + last) / rate
    step = _round_up((end - start) / TICKS, ROUND_STEPS)
    if not reading.fps:
        step = max(round(step), 1)
    first = math.ceil(start / step - 1e-9)
    return [
        (i * step * rate, f"{i * step:.4g}")
        for i in range(first, math.floor(end / step + 1e-9) + 1)
    ]


def _round_up(value: float, leading: tuple[float, ...]) -> float:
    """The next number that is one of `leading` times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((n * power for n in leading if n * power >= value - 1e-9), 10 * power)
