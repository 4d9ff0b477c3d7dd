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

    if method is Method.attention and label is not None:
        raise typer.BadParameter(
            "--label cannot be combined with --method attention: gates have no class."
        )
    refuse_overwrite(to, force)
    classifier = load_model(model)
    from mer_zoo.explain import attention_maps, heat_map, overlay

    reading = classifier.predict_video(video, fps=fps)
    if method is Method.attention:
        maps = attention_maps(classifier, reading.image)
        shown = "gates of " + ", ".join(
            f"{name} {gate.min():.2f} to {gate.max():.2f}" for name, gate in maps.items()
        )
        heats = [(gate - gate.min()) / max(float(np.ptp(gate)), 1e-6) for gate in maps.values()]
    else:
        heats = [heat_map(classifier, reading.image, label, method=method.value)]
        likeliest = max(reading.probabilities, key=reading.probabilities.get)
        shown = f"evidence for {label or likeliest} ({method.value})"
    face = reading.frames[1]
    drawn = np.hstack([face, *(overlay(face, heat) for heat in heats)])
    large = cv2.resize(drawn, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    _, content = cv2.imencode(".png", large[..., ::-1])
    write_atomically(to, content.tobytes())
    out.print(tables.readings([reading]))
    out.print(f"wrote {to}: the face at the apex, and {shown}")
