"""TensorFlow SavedModel folders, with the metadata in `assets.extra/mer_zoo.json`."""

from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import KEY, OUTPUT

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph

# The folder that TensorFlow leaves to those who publish a SavedModel.
METADATA = Path("assets.extra") / f"{KEY}.json"


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    graph.with_named_output().export(path, format="tf_saved_model", verbose=False)
    (path / METADATA).parent.mkdir()
    (path / METADATA).write_text(text, encoding="utf-8")


def runner(path: Path):
    """Returns a function from inputs by name to probabilities."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        assert loaded is not None  # its variables die with the last reference to it
        return serve(**tensors)[OUTPUT].numpy()

    return run


def read_metadata(path: Path) -> str | None:
    """Returns the metadata as text, None where there is none."""
    file = path / METADATA
    return file.read_text(encoding="utf-8") if file.exists() else None
