"""OpenVINO files (`.xml` and `.bin`), made from an ONNX file."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting import onnx
from mer_zoo.exporting.formats import KEY, OUTPUT

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model.onnx"
        onnx.write(graph, source, text)
        model = openvino.Core().read_model(source)
        model.set_rt_info(text, [KEY])
        # float16 storage would round what the network has folded into its convolutions.
        openvino.save_model(model, path, compress_to_fp16=False)


def runner(path: Path):
    """Returns a function from inputs by name to probabilities."""
    import openvino

    # Some processors compute in bfloat16 unless told otherwise.
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda inputs: compiled(inputs)[OUTPUT]


def read_metadata(path: Path) -> str | None:
    """Returns the metadata as text, None where there is none."""
    import openvino

    model = openvino.Core().read_model(path)
    return model.get_rt_info([KEY]).astype(str) if model.has_rt_info([KEY]) else None
