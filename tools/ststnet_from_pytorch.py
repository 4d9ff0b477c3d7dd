"""Reads the weights of a PyTorch STSTNet into a Keras one.

    network = from_pytorch("subject_6.pth")

Published networks become usable on every backend; `network.save("ststnet.keras")` keeps them.
"""

from pathlib import Path

import numpy as np

from mer_zoo.errors import WeightsError
from mer_zoo.models import STSTNet

INPUT_ORDER = ("u", "v", "strain")  # the channels of the modality "flow"


def from_pytorch(
    path: str | Path,
    *,
    input_shape=(28, 28, 3),
    input_order=("strain", "v", "u"),
    **arguments,
) -> STSTNet:
    """Builds an STSTNet with the weights of a PyTorch one.

    The widths of the streams and the number of classes come from the file. The tensors' names do
    not matter: the first convolution belongs to the first batch normalisation, and so on.

    The returned network takes channels in the order u, v, strain, whatever `input_order` says, but
    values as in the training of the weights. Those of the published repository saw each channel of
    each image stretched from its minimum to its maximum, 0 to 255; the modality "flow" is -2 to 2.

    Args:
        path: a state dict, written by `torch.save` (needs PyTorch; nothing but tensors is read) or
            as `.safetensors`.
        input_shape: `(height, width, 3)` of the images the weights were trained on.
        input_order: the channels of those images. The published repository writes u, v and strain as
            red, green and blue and reads them with OpenCV: strain, v, u.
        arguments: `dropout`, `activation` and `name` of `STSTNet`.

    Raises:
        WeightsError: the file cannot be read or is no STSTNet's, or PyTorch is missing.
        ValueError: `input_order` does not name u, v and strain once each.
    """
    if sorted(input_order) != sorted(INPUT_ORDER):
        raise ValueError(
            f"input_order={input_order!r} must name each of {', '.join(INPUT_ORDER)} once, "
            'for instance ("strain", "v", "u").'
        )
    convolutions, norms, linear = _modules(_read_state_dict(Path(path)), path)
    network = STSTNet(
        input_shape,
        num_classes=len(linear["weight"]),
        branches=[len(convolution["weight"]) for convolution in convolutions],
        **arguments,
    )
    channels = [input_order.index(name) for name in INPUT_ORDER]
    values = {}
    for i, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True), start=1):
        kernel = convolution["weight"].transpose(2, 3, 1, 0)
        if kernel.shape[:3] != (3, 3, 3):
            raise WeightsError(
                f"{path}: convolution {i} has kernels of shape {kernel.shape[:3]} (height, width, "
                "channels), STSTNet's are (3, 3, 3). The file belongs to another network."
            )
        values[f"branch{i}_conv"] = [kernel[:, :, channels], convolution["bias"]]
        values[f"branch{i}_norm"] = [
            norm[part] for part in ("weight", "bias", "running_mean", "running_var")
        ]
    _, height, width, depth = network.get_layer("pool").output.shape
    weight = linear["weight"]
    if weight.shape[1] != depth * height * width:
        raise WeightsError(
            f"{path}: the linear layer takes {weight.shape[1]} features, but images of "
            f"{input_shape[0]}x{input_shape[1]} px give {depth * height * width}. "
            "Pass the input_shape the weights were trained on."
        )
    weight = weight.reshape(-1, depth, height, width).transpose(2, 3, 1, 0)
    values["head"] = [weight.reshape(-1, len(linear["weight"])), linear["bias"]]
    for name, tensors in values.items():
        _assign(network.get_layer(name), tensors, path)
    return network


def _modules(tensors, path):
    """Sorts a state dict into convolutions, batch normalisations and the linear layer.

    Returns:
        Two lists of equal length and one entry, each a dictionary from the last word of the tensors'
        names ("weight", "bias", "running_mean", ...) to arrays.
    """
    modules = {}
    for name, values in tensors.items():
        module, _, part = name.rpartition(".")
        modules.setdefault(module, {})[part] = values
    convolutions = [m for m in modules.values() if "weight" in m and m["weight"].ndim == 4]
    linears = [m for m in modules.values() if "weight" in m and m["weight"].ndim == 2]
    norms = [m for m in modules.values() if {"running_mean", "running_var"} <= set(m)]
    found = len(convolutions), len(norms), len(linears)
    if not convolutions or found != (len(convolutions), len(convolutions), 1):
        raise WeightsError(
            f"{path} is no STSTNet: expected one batch normalisation for each convolution, and one "
            f"linear layer; found {found[0]} convolutions, {found[1]} batch normalisations and "
            f"{found[2]} linear layers."
        )
    for module in (*convolutions, *norms, *linears):
        if missing := {"weight", "bias"} - set(module):
            raise WeightsError(f"{path} is no STSTNet: a layer has no {missing.pop()}.")
    return convolutions, norms, linears[0]


def _assign(layer, tensors, path):
    wanted = [tuple(variable.shape) for variable in layer.weights]
    found = [tensor.shape for tensor in tensors]
    if found != wanted:
        raise WeightsError(
            f"{path}: {layer.name} needs tensors of shapes {wanted}, found {found}. "
            "Convolutions and batch normalisations must come in the same order."
        )
    layer.set_weights(tensors)


def _read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file by name, in the order of the file."""
    if not path.is_file():
        raise WeightsError(f"There is no file {path}. Pass the path of a saved state dict.")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        import torch
    except ImportError as error:
        raise WeightsError(
            f"Reading {path} needs PyTorch: pip install torch. A .safetensors file needs nothing."
        ) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds, depending on what the file is instead
        raise WeightsError(
            f"{path} is not a PyTorch file of tensors alone. Save model.state_dict(), not the model."
        ) from error
    if not isinstance(state, dict) or not all(torch.is_tensor(v) for v in state.values()):
        raise WeightsError(f"{path} holds more than tensors. Save model.state_dict() alone.")
    return {name: tensor.detach().float().numpy() for name, tensor in state.items()}


def _read_safetensors(path):
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}.") from error
    return {name: values.astype(np.float32) for name, values in sorted(tensors.items())}
