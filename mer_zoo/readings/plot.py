"""A reading as a figure of matplotlib (extra `plot`)."""

import numpy as np

from mer_zoo.extras import require_extra
from mer_zoo.readings.pictures import picture
from mer_zoo.readings.reading import UPPER_FACE, Reading

LAYOUT = (
    ("onset", "apex", "offset", "image"),
    ("motion", "motion", "probabilities", "probabilities"),
)
INCHES = (10, 5.2)
COLOURS = {"onset": "tab:green", "apex": "tab:red", "offset": "tab:blue"}


def plot_reading(reading: Reading) -> np.ndarray:
    """See `Reading.plot`."""
    require_extra("plot", "matplotlib", "reading.plot()")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplot_mosaic(LAYOUT, figsize=INCHES, layout="constrained")
    figure.suptitle(str(reading).splitlines()[0])
    phases = {"onset": reading.onset, "apex": reading.apex, "offset": reading.offset}
    for (name, frame), face in zip(phases.items(), reading.frames, strict=True):
        held = " (held)" if name == "offset" and reading.held else ""
        _show(axes[name], face, f"{name} {frame}{held}")
    part = ", upper face" if reading.evidence == UPPER_FACE else ""
    _show(axes["image"], picture(reading.image, reading.channels), f"what the network saw{part}")
    _draw_motion(axes["motion"], reading, phases)
    _draw_probabilities(axes["probabilities"], reading)
    return np.array([axes[name] for name in (*LAYOUT[0], "motion", "probabilities")])


def _show(axes, image, title: str) -> None:
    axes.imshow(image)
    axes.set_title(title, fontsize="medium")
    axes.set_axis_off()


def _draw_motion(axes, reading, phases: dict) -> None:
    frames = reading.curve_start + np.arange(len(reading.curve))
    axes.plot(frames, reading.curve, color="black", linewidth=1)
    for name, frame in phases.items():
        if not (reading.held and name == "offset"):
            axes.axvline(frame, color=COLOURS[name], label=name)
    axes.set_xlabel("frame")
    axes.set_ylabel("motion since the onset, px")
    axes.legend(fontsize="small")


def _draw_probabilities(axes, reading) -> None:
    names, values = zip(*reversed(reading.probabilities.items()), strict=True)
    bars = axes.barh(names, values, color="tab:blue" if reading.expression else "lightgrey")
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlim(0, 1.15)
    axes.set_xlabel("probability" if reading.expression else "probability, not to be trusted")
