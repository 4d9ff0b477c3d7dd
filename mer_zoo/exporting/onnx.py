"""ONNX files: written by tf2onnx or PyTorch, run by ONNX Runtime."""

import contextlib
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import KEY, OUTPUT

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph

_OPSET = 13  # the last in which PyTorch changed how it writes what is replaced below


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    import onnx

    graph.answer()  # Keras exports what has been called once
    with _quiet(), _traceable_by_torch(graph.network):
        graph.network.export(path, format="onnx", verbose=False)
    model = onnx.load(path)
    _rename_output(model.graph, OUTPUT)
    _name_sizes(model.graph)
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, text
    onnx.checker.check_model(model)
    onnx.save(model, path)


def runner(path: Path):
    """Returns a function from inputs by name to probabilities."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run([OUTPUT], inputs)[0]


def read_metadata(path: Path) -> str | None:
    """Returns the metadata as text, None where there is none."""
    import onnx

    props = onnx.load(path, load_external_data=False).metadata_props
    return next((entry.value for entry in props if entry.key == KEY), None)


def _rename_output(graph, name: str) -> None:
    """Exporters number the output; here it gets a name."""
    (output,) = graph.output
    old = output.name
    output.name = name
    for node in graph.node:
        for names in (node.input, node.output):
            for i, used in enumerate(names):
                if used == old:
                    names[i] = name


def _name_sizes(graph) -> None:
    """Calls the sizes that may vary "batch" and "frames"."""
    for tensor in (*graph.input, *graph.output):
        for size, name in zip(tensor.type.tensor_type.shape.dim, ("batch", "frames"), strict=False):
            if not size.HasField("dim_value"):
                size.dim_param = name


@contextlib.contextmanager
def _traceable_by_torch(network):
    """Lets PyTorch's exporter take a Keras network; nothing of it stays.

    Weights become constants of the file, which it refuses while they can be trained. And of what Keras'
    `take` does it does not know `ravel`, and makes of `squeeze` a branch that ONNX Runtime refuses.
    """
    import keras

    if keras.backend.backend() != "torch":
        yield
        return
    import torch
    from torch.onnx import register_custom_op_symbolic, unregister_custom_op_symbolic

    def ravel(graph, tensor):
        shape = graph.op("Constant", value_t=torch.tensor([-1]))
        return graph.op("Reshape", tensor, shape)

    def squeeze(graph, tensor, *_):  # `take` then reshapes to the shape it wants
        return graph.op("Identity", tensor)

    stand_ins = {"aten::ravel": ravel, "aten::squeeze": squeeze}
    trained = [v.value for v in network.variables if v.value.requires_grad]
    for name, function in stand_ins.items():
        register_custom_op_symbolic(name, function, _OPSET)
    try:
        for tensor in trained:
            tensor.requires_grad_(False)
        yield
    finally:
        for tensor in trained:
            tensor.requires_grad_(True)
        for name in stand_ins:
            unregister_custom_op_symbolic(name, _OPSET)


@contextlib.contextmanager
def _quiet():
    """Exporters print graphs and warn of their own tracing; nothing of it concerns the user."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
