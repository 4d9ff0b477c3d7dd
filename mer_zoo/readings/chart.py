"""The motion of a reading, frame by frame, as coordinates for an SVG drawing of any width.

Along the time (the frames, if no time is known), coordinates are percentages of the plot's width, so that the
drawing fits every screen while its text keeps its size. Heights are CSS pixels.
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
    along, timed = _along(reading)
    last = len(along) - 1

    def across(value):
        return round(100 * min(max((value - along[0]) / (along[-1] - along[0]), 0), 1), 2)

    def x(frame):
        return across(along[min(max(frame - reading.curve_start, 0), last)])

    def y(motion):
        return round(BOTTOM - (BOTTOM - TOP) * motion / top, 1)

    def flag(name):
        frame, seconds = getattr(reading, name), reading.seconds(getattr(reading, name))
        at = x(frame)
        before = at > 50  # the name stands where there is more room
        return {
            "x": at,
            "y": FLAG_ROWS[name],
            "gap": -FLAG_GAP if before else FLAG_GAP,
            "side": "end" if before else "start",
            "text": f"{name} {frame}" + ("" if seconds is None else f", {seconds:.2f} s"),
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
        "ticks": [{"x": across(at), "text": text} for at, text in _ticks(along, timed)],
        "unit": "seconds" if timed else "frames",
    }


def _along(reading):
    """The time of each frame of the curve, and True; or its number, and False. At least two of them."""
    times = reading.curve_times
    if times is not None and len(times) > 1:
        return np.asarray(times, dtype=float), True
    frames = reading.curve_start + np.arange(max(len(reading.curve), 2))
    return (frames / reading.fps, True) if reading.fps else (frames, False)


def _ticks(along, timed):
    """Round times (or frame numbers) within the curve, with their text."""
    start, end = float(along[0]), float(along[-1])
    step = _round_up((end - start) / TICKS, ROUND_STEPS)
    if not timed:
        step = max(round(step), 1)
    first = math.ceil(start / step - 1e-9)
    return [(i * step, f"{i * step:.4g}") for i in range(first, math.floor(end / step + 1e-9) + 1)]


def _round_up(value: float, leading: tuple[float, ...]) -> float:
    """The next number that is one of `leading` times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((n * power for n in leading if n * power >= value - 1e-9), 10 * power)
