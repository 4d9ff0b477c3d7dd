"""Writing a file, checking it, and only then putting it in its place."""

import tempfile
from pathlib import Path

import keras
import numpy as np

from mer_zoo.errors import ExportError, WeightsError
from mer_zoo.exporting.formats import Format, find_format
from mer_zoo.exporting.graph import Graph, clip_graph, image_graph
from mer_zoo.exporting.metadata import describe, to_json
from mer_zoo.exporting.reading import module_of
from mer_zoo.files import refuse_overwrite
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.golden import TOLERANCE
from mer_zoo.zoo.loading import load


def export(
    model: str | Path | MicroExpressionClassifier,
    path: str | Path,
    to: str,
    *,
    with_preprocessing: bool,
    frames: int | None,
    force: bool,
) -> Path:
    """See `mer_zoo.export`."""
    path = Path(path)
    known = find_format(to)
    known.check_path(path)
    known.check_backend(keras.backend.backend())
    _check_frames(known, with_preprocessing, frames)
    one_by_one = keras.backend.backend() in known.images_one_by_one
    if with_preprocessing and one_by_one:
        _refuse_preprocessing(known)
    for place in _places(known, path):
        refuse_overwrite(place, force)
    _refuse_foreign_folder(known, path)
    if not isinstance(model, MicroExpressionClassifier):
        model = load(model)
    if model.fresh_head:
        raise WeightsError(
            f"The head of {model.name} has not been trained yet, so the file's answers would be "
            "random. Run fit or mer_zoo.finetune first."
        )
    if with_preprocessing:
        graph = clip_graph(model, frames)
    else:
        graph = image_graph(model, batch_size=1 if one_by_one else None)
    text = to_json(describe(model, graph, with_preprocessing))

    with _folder_beside(path) as folder:
        made = Path(folder) / path.name
        try:
            module_of(known).write(graph, made, text)
        except Exception as error:  # every converter has errors of its own
            raise ExportError(
                f"{known.title} of {model.name} cannot be written from the backend "
                f"{keras.backend.backend()} ({type(error).__name__}: {error}). Another backend may "
                f"do: {', '.join(known.backends)}."
            ) from error
        check_agreement(known, made, graph)
        for source, place in zip(_places(known, made), _places(known, path), strict=True):
            _put_in_place(source, place, Path(folder) / "replaced")
    return path


def check_agreement(known: Format, path: Path, graph: Graph) -> float:
    """Runs the golden clips through a file, one by one, with the runtime of its format.

    Returns:
        The largest difference of a probability to the model's own.

    Raises:
        ExportError: it is above 1e-4, or the file cannot be run.
    """
    answers = []
    try:
        run = module_of(known).runner(path)
        for i in range(len(graph.expected)):
            answers.append(run({name: value[i : i + 1] for name, value in graph.example.items()}))
    except Exception as error:  # a runtime that cannot run the file has errors of its own
        raise ExportError(
            f"The {known.title} file that was made cannot be run ({type(error).__name__}: {error}). "
            f"Nothing was kept. Another backend may do: {', '.join(known.backends)}."
        ) from error
    difference = float(np.abs(np.concatenate(answers) - graph.expected).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The {known.title} file that was made answers otherwise than the model: probabilities "
            f"of the golden clips differ by {difference:.1e}, more than {TOLERANCE:.0e}. Nothing was "
            f"kept. Another backend may do: {', '.join(known.backends)}."
        )
    return difference


def _check_frames(known: Format, with_preprocessing: bool, frames: int | None) -> None:
    if frames is not None and not with_preprocessing:
        raise ExportError(
            f"frames={frames} is the length of clips, but without the preprocessing the file takes "
            "images. Leave it out, or say with_preprocessing=True (--with-preprocessing)."
        )
    if with_preprocessing and frames is None and not known.any_length:
        raise ExportError(
            f"{known.title} with its preprocessing takes clips of one length only. Say how many "
            "frames, for instance frames=64 (--frames 64); shorter clips are filled up with any "
            "frames after the offset."
        )


def _refuse_preprocessing(known: Format) -> None:
    backend = keras.backend.backend()
    choice = next(b for b in known.backends if b != backend)
    raise ExportError(
        f"{known.title} with its preprocessing cannot be written from the backend {backend}: its runtime "
        f"cannot sort what {backend} sorts. Set KERAS_BACKEND={choice} before Python starts, or leave the "
        "preprocessing out."
    )


def _folder_beside(path: Path) -> tempfile.TemporaryDirectory:
    """A temporary folder beside the target, so that moving a file there is one rename."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written ({error.strerror}). Choose a folder that you may write to."
        ) from error


def _put_in_place(source: Path, place: Path, aside: Path) -> None:
    """Moves what was made to its place; a folder cannot be replaced in one step, so it steps aside."""
    if place.is_dir():
        place.rename(aside)
    try:
        source.replace(place)
    except OSError:
        if aside.exists():
            aside.rename(place)
        raise


def _places(known: Format, path: Path) -> list[Path]:
    """All files of an export; OpenVINO's weights lie beside its graph."""
    return [path.with_suffix(".bin"), path] if known.name == "openvino" else [path]


def _refuse_foreign_folder(known: Format, path: Path) -> None:
    """A folder is only ever replaced by a SavedModel if it is one, whatever `force` says."""
    if path.is_dir() and not (known.name == "saved_model" and _is_saved_model(path)):
        raise ExportError(
            f"{path} is a folder and not an earlier export to {known.title}, so it is not replaced. "
            "Choose another name."
        )


def _is_saved_model(path: Path) -> bool:
    return (path / "saved_model.pb").exists()
