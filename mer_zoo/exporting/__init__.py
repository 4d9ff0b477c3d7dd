"""Entries as files that run without mer_zoo: ONNX, SavedModel, LiteRT, OpenVINO and PyTorch."""

from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import FORMATS, Format
from mer_zoo.exporting.reading import read_metadata

if TYPE_CHECKING:  # imports a backend
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

__all__ = ["FORMATS", "Format", "export", "read_metadata"]


def export(
    model: "str | Path | MicroExpressionClassifier",
    path: str | Path,
    to: str = "onnx",
    *,
    with_preprocessing: bool = False,
    frames: int | None = None,
    force: bool = False,
) -> Path:
    """Writes a model as a file that runs without mer_zoo, after checking that it gives the same
    probabilities.

    The golden clips of the package go through the new file, run by its format's own runtime. It is
    moved to `path` only if its probabilities match the model's within 1e-4.

    Args:
        model: a zoo entry, a local folder with a `card.toml`, or a loaded
            `MicroExpressionClassifier`.
        path: the file to write; for "saved_model" the folder; for "openvino" the `.xml`, beside which
            the `.bin` is written.
        to: "onnx", "saved_model", "litert", "openvino" or "torch"; which backend can write which is in
            `FORMATS`.
        with_preprocessing: put MESTI in front. The file then takes `frames` uint8
            `(batch, T, face_size, face_size, 3)`, RGB, aligned faces, and `onset`, `apex`, `offset`
            int32 `(batch,)`, frame indices from 0. Frames outside onset..offset are ignored. Otherwise
            it takes `image` float32 `(batch, image_size, image_size, channels)`, as
            `model.preprocess` makes it.
        frames: with `with_preprocessing`, the fixed T; any by default. LiteRT needs it. Shorter clips
            are filled up with any frames after the offset.
        force: replace what is at `path`.

    Returns:
        The path written. The output of the file is `probabilities`, float32 `(batch, classes)`.

    Raises:
        UnknownNameError: there is no such format or entry.
        ExportError: this backend cannot write the format (the message names one that can), the
            preprocessing cannot be a part of a file, or the file does not answer as the model does.
        MissingPackageError: a package that writes or runs the format is not installed.
        OutputExistsError: there is something at `path`.
        WeightsError: the head of the model has not been trained yet.
    """
    from mer_zoo.exporting.writing import export as export_model

    return export_model(
        model, path, to, with_preprocessing=with_preprocessing, frames=frames, force=force
    )
