"""Turns MediaPipe's two tflite files into the safetensors that the Keras models load.

    python -m tools.convert_faces face_detection_short_range.tflite face_landmark.tflite

The files come from the wheel mediapipe 0.10.21 (Apache-2.0, Google) and are known by their sha256.
Needs the package `ai-edge-litert`, which carries the tflite schema.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mer_zoo.errors import WeightsError
from mer_zoo.faces.blazeface import COARSE_BLOCKS, FINE_BLOCKS
from mer_zoo.faces.facemesh import TRUNK_BLOCKS
from mer_zoo.faces.weights import BLAZEFACE, FACEMESH, WEIGHTS_FOLDER, NetworkFiles


def main(arguments: list[str]) -> None:
    """Converts the two files named on the command line, in the order of the usage line."""
    if len(arguments) != 2:
        raise SystemExit(
            "usage: python -m tools.convert_faces "
            "face_detection_short_range.tflite face_landmark.tflite"
        )
    jobs = ((BLAZEFACE, blazeface_layers), (FACEMESH, facemesh_layers))
    for path, (files, layer_names) in zip(arguments, jobs, strict=True):
        target = WEIGHTS_FOLDER / files.safetensors
        convert(Path(path), files, layer_names(), target)
        print(f"{target}  sha256 {hashlib.sha256(target.read_bytes()).hexdigest()}")


def convert(source: Path, files: NetworkFiles, names: dict[str, str], target: Path) -> None:
    """Writes the weights of one tflite file as float16 safetensors.

    Args:
        source: The tflite file.
        files: Which network it must be.
        names: tflite layer name -> Keras layer name.
        target: The safetensors file to write.

    Raises:
        WeightsError: The file is missing or not the expected one, or `ai-edge-litert` is missing.
    """
    from safetensors.numpy import save

    if not source.is_file():
        raise WeightsError(f"There is no file {source}. Pass the path of {files.tflite}.")
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != files.tflite_sha256:
        raise WeightsError(
            f"{source} has sha256 {found}, but {files.tflite} must have {files.tflite_sha256}. "
            "Take the file from the wheel mediapipe 0.10.21."
        )
    weights = {}
    for name, values in _tflite_weights(content).items():
        layer, _, part = name.partition("/")
        variable, transform = _VARIABLES[_kind(layer), part.lower()]
        weights[f"{names[layer]}/{variable}"] = np.ascontiguousarray(
            transform(values).astype(np.float16)
        )
    target.write_bytes(save(weights))


def blazeface_layers() -> dict[str, str]:
    """tflite layer name -> Keras layer name, for BlazeFace."""
    names = {"conv2d": "stem"}
    for block in range(1, len(FINE_BLOCKS) + len(COARSE_BLOCKS) + 1):
        names[_numbered("depthwise_conv2d", block - 1)] = f"block{block}_depthwise"
        names[_numbered("conv2d", block)] = f"block{block}_pointwise"
    for stride, grid in ((8, "fine"), (16, "coarse")):
        names[f"regressor_{stride}"] = f"{grid}_box"
        names[f"classificator_{stride}"] = f"{grid}_score"
    return names


def facemesh_layers() -> dict[str, str]:
    """tflite layer name -> Keras layer name, for FaceMesh."""
    names = {"conv2d_1": "stem", "p_re_lu_1": "stem_prelu"}
    trunk = [f"block{number}" for number in range(1, len(TRUNK_BLOCKS) + 1)]
    mesh = [f"mesh_block{number}" for number in (1, 2, 3)]
    # (blocks, number of the first depthwise convolution, convolution and activation)
    for blocks, depthwise, pointwise, prelu in (
        ([*trunk, *mesh], 1, 2, 2),
        (["mesh_narrow"], 18, 20, 20),
        (["presence_block1"], 23, 28, 26),
        (["presence_narrow"], 24, 30, 28),
    ):
        for step, block in enumerate(blocks):
            names[f"depthwise_conv2d_{depthwise + step}"] = f"{block}_depthwise"
            names[f"conv2d_{pointwise + step}"] = f"{block}_pointwise"
            names[f"p_re_lu_{prelu + step}"] = f"{block}_prelu"
    for branch, squeeze, prelu, readout in (("mesh", 19, 19, 21), ("presence", 29, 27, 31)):
        names[f"conv2d_{squeeze}"] = f"{branch}_squeeze"
        names[f"p_re_lu_{prelu}"] = f"{branch}_squeeze_prelu"
        names[f"conv2d_{readout}"] = f"{branch}_readout"
    return names


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def _kind(layer: str) -> str:
    return next((k for k in ("depthwise_conv2d", "p_re_lu") if layer.startswith(k)), "conv2d")


# (layer kind, tflite part) -> (Keras variable, change of layout)
_VARIABLES: dict[tuple[str, str], tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    ("conv2d", "kernel"): ("kernel", lambda w: w.transpose(1, 2, 3, 0)),
    ("conv2d", "bias"): ("bias", lambda b: b),
    ("depthwise_conv2d", "kernel"): ("kernel", lambda w: w[0][..., None]),
    ("depthwise_conv2d", "bias"): ("bias", lambda b: b),
    ("p_re_lu", "alpha"): ("alpha", lambda a: a.reshape(1, 1, -1)),
}


def _tflite_weights(content: bytes) -> dict[str, np.ndarray]:
    """The float16 constants of a tflite file by tensor name."""
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        raise WeightsError(
            "Converting tflite files needs the tflite schema of the package ai-edge-litert. "
            "Install it: pip install ai-edge-litert"
        ) from error
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    weights = {}
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if data is not None and len(data) and tensor.type == schema.TensorType.FLOAT16:
            values = np.frombuffer(bytes(data), np.float16)
            weights[tensor.name.decode()] = values.reshape([int(n) for n in tensor.shape])
    return weights


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except WeightsError as error:
        raise SystemExit(str(error)) from error
