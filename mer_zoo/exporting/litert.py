"""LiteRT (TensorFlow Lite) files of built-in operations alone, so that no runtime needs TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import KEY, OUTPUT
from mer_zoo.files import write_atomically

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph

_FILE_IDENTIFIER = b"TFL3"


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    import tensorflow as tf

    builtins = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    network = graph.with_named_output()
    network.export(path, format="litert", verbose=False, target_spec=builtins)
    write_atomically(path, _with_metadata(path.read_bytes(), text))


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
