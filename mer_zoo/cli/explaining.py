"""The command `explain`: which parts of the face are evidence for an answer."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import DEFAULT_MODEL, Force, Fps, ModelName, load_model, out

SCALE = 4


Method = StrEnum("Method", ["integrated", "gradcam", "attention"])
"""What is drawn on the face."""


def explain(
    video: Annotated[Path, typer.Argument(help="A video, or a folder of frames.")],
    to: Annotated[Path, typer.Option("--out", help="Picture to write (.png).")],
    model: ModelName = DEFAULT_MODEL,
    label: Annotated[
        str | None, typer.Option(help="Class to explain; the most probable by default.")
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            help="Action units to explain instead of a class, such as 1+2; 'moved' for those that moved."
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="Evidence for a class (integrated gradients or Grad-CAM), or the gates of Gradient "
            "Attention, which are the same for every class."
        ),
    ] = Method.integrated,
    fps: Fps = None,
    force: Force = False,
):
    """Draws the evidence for a class, or the attention of the network, on the face at the apex."""
    import cv2
    import numpy as np

    from mer_zoo.cli import tables
    from mer_zoo.files import refuse_overwrite, write_atomically

    if method is Method.attention and (label, units) != (None, None):
        raise typer.BadParameter(
            "--label and --units cannot be combined with --method attention: gates have no class."
        )
    if label is not None and units is not None:
        raise typer.BadParameter("Give --label or --units, not both.")
    numbers = _numbers(units)
    refuse_overwrite(to, force)
    classifier = load_model(model)
    from mer_zoo.explain import overlay

    reading = classifier.predict_video(video, fps=fps)
    if method is Method.attention:
        heats, shown = _gates(classifier, reading)
    elif units is not None:
        heats, shown = _units(classifier, reading, numbers, method.value)
    else:
        heats, shown = _class(classifier, reading, label, method.value)
    face = reading.frames[1]
    drawn = np.hstack([face, *(overlay(face, heat) for heat in heats)])
    large = cv2.resize(drawn, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    _, content = cv2.imencode(".png", large[..., ::-1])
    write_atomically(to, content.tobytes())
    out.print(tables.readings([reading]))
    out.print(f"wrote {to}: the face at the apex, and {shown}")


def _numbers(units: str | None) -> list[int] | None:
    """The numbers in "1+2"; None for those that moved."""
    if units is None or units == "moved":
        return None
    try:
        return [int(number) for number in units.split("+")]
    except ValueError:
        raise typer.BadParameter(
            f"--units {units}: expected numbers such as 1+2, or 'moved'."
        ) from None


def _gates(classifier, reading) -> tuple[list, str]:
    import numpy as np

    from mer_zoo.explain import attention_maps

    maps = attention_maps(classifier, reading.image)
    heats = [(gate - gate.min()) / max(float(np.ptp(gate)), 1e-6) for gate in maps.values()]
    return heats, "gates of " + ", ".join(
        f"{name} {gate.min():.2f} to {gate.max():.2f}" for name, gate in maps.items()
    )


def _units(classifier, reading, numbers, method) -> tuple[list, str]:
    from mer_zoo.action_units import NAMES
    from mer_zoo.errors import ExplanationError
    from mer_zoo.explain import unit_heat_maps

    maps = unit_heat_maps(classifier, reading, numbers, method=method)
    if not maps:
        raise ExplanationError(
            "No action unit moved, so there is nothing to explain. Name the units to look at, such as "
            "--units 1+2."
        )
    named = ", ".join(f"{number} ({NAMES[number]})" for number in maps)
    return list(
        maps.values()
    ), f"evidence for the action units {named}, from left to right ({method})"


def _class(classifier, reading, label, method) -> tuple[list, str]:
    from mer_zoo.explain import heat_map

    likeliest = max(reading.probabilities, key=reading.probabilities.get)
    heat = heat_map(classifier, reading.image, label, method=method)
    return [heat], f"evidence for {label or likeliest} ({method})"
