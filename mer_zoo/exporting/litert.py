"""LiteRT (TensorFlow Lite) files of built-in operations alone, so that no runtime needs TensorFlow."""

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import KEY, OUTPUT
from mer_zoo.files import write_atomically

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph

_FILE_IDENTIFIER = b"TFL3"


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    import keras

    from_torch = keras.backend.backend() == "torch"
    (_write_from_torch if from_torch else _write_from_tensorflow)(graph, path)
    write_atomically(path, _with_metadata(path.read_bytes(), text))


def _write_from_tensorflow(graph: "Graph", path: Path) -> None:
    import tensorflow as tf

    builtins = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    network = graph.with_named_output()
    network.export(path, format="litert", verbose=False, target_spec=builtins)


def _write_from_torch(graph: "Graph", path: Path) -> None:
    """Not by `keras.Model.export`, which loses the names of the inputs."""
    import keras
    import torch

    from mer_zoo.exporting.torch import module_of_graph

    class WithNamedOutput(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = module_of_graph(graph)

        def forward(self, **inputs):
            return {OUTPUT: self.network(**inputs)}

    example = {name: torch.from_numpy(value[:1]) for name, value in graph.example.items()}
    module = WithNamedOutput().eval()
    device = next(module.parameters()).device
    # Each pass of the converter announces itself.
    with keras.device("cpu"), contextlib.redirect_stdout(io.StringIO()):
        import litert_torch

        module.to("cpu")
        try:
            litert_torch.convert(module, sample_kwargs=example).export(str(path))
        finally:
            module.to(device)


def runner(path: Path):
    """Returns a function from inputs by name to probabilities."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    run = interpreter.get_signature_runner()
    return lambda inputs: run(**inputs)[OUTPUT]


def read_metadata(path: Path) -> str | None:
    """Returns the metadata as text, None where there is none."""
    model = _model(path.read_bytes())
    for entry in model.metadata or ():
        if entry.name == KEY.encode():
            return bytes(model.buffers[entry.buffer].data).decode()
    return None


def _with_metadata(content: bytes, text: str) -> bytes:
    """A LiteRT file with one more named buffer, where the format keeps metadata."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = _model(content)
    buffer = schema.BufferT()
    buffer.data = list(text.encode())
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = KEY, len(model.buffers) - 1
    model.metadata = [*(model.metadata or ()), entry]
    builder = flatbuffers.Builder(len(content) + len(text) + 1024)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _model(content: bytes):
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != _FILE_IDENTIFIER:
        raise ValueError("the file does not begin as LiteRT files do")
    return schema.ModelT.InitFromPackedBuf(content, 0)
