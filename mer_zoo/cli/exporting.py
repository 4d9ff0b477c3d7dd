"""The command `export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import EntryName, Force, choose_backend, err, out

To = StrEnum("To", ["onnx", "saved_model", "litert", "openvino", "torch"])
"""The formats of `mer_zoo.export`."""


def export(
    model: EntryName,
    path: Annotated[Path, typer.Option("--out", help="File to write, or folder of a SavedModel.")],
    to: Annotated[To, typer.Option(help="Format.")] = To.onnx,
    with_preprocessing: Annotated[
        bool, typer.Option("--with-preprocessing", help="Include MESTI: the input is frames.")
    ] = False,
    frames: Annotated[
        int | None, typer.Option(help="With --with-preprocessing: fixed number of frames per clip.")
    ] = None,
    force: Force = False,
):
    """Exports an entry to a file that runs without mer-zoo, verified on the golden clips."""
    from mer_zoo import zoo

    entry = zoo.find(model)
    choose_backend()
    from mer_zoo import exporting

    with err.status(f"exporting {model}"):
        exporting.export(
            entry.folder,
            path,
            to.value,
            with_preprocessing=with_preprocessing,
            frames=frames,
            force=force,
        )
    out.print(f"wrote {path}; its outputs on the golden clips match")
