"""Made-up files of ImageNet weights: the format and shapes of the published ones, other numbers."""

import hashlib
from pathlib import Path

import h5py
import keras
import numpy as np

from mer_zoo.models import backbones


def write_imagenet_file(monkeypatch, name: str, folder: Path) -> tuple[Path, list[np.ndarray]]:
    """Writes weights for a network of `mer_zoo.models` where Keras keeps those it downloads.

    The published digest is replaced by that of the file, since nobody can make up a file that has it.

    Args:
        monkeypatch: of the test.
        name: "VGG19", "ResNet50" or "EfficientNetB0".
        folder: Keras' cache folder.

    Returns:
        The file, and the arrays of all convolutions in it, in order.
    """
    network = getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    file_name, _ = backbones.IMAGENET_FILES[name]
    file = folder / "models" / file_name
    file.parent.mkdir(parents=True, exist_ok=True)
    rng, convolutions = np.random.default_rng(7), []
    with h5py.File(file, "w") as h5:
        h5.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        h5.attrs["backend"], h5.attrs["keras_version"] = b"tensorflow", b"2.0.0"
        for layer in network.layers:
            group = h5.create_group(layer.name)
            variables = [*layer.trainable_weights, *layer.non_trainable_weights]
            names = [f"{layer.name}/{v.name}:0".encode() for v in variables]
            group.attrs["weight_names"] = names
            for key, variable in zip(names, variables, strict=True):
                values = keras.ops.convert_to_numpy(variable)
                if "kernel" in variable.name:
                    values = values + rng.normal(0, 1e-3, values.shape).astype(np.float32)
                    convolutions.append(values)
                group[key.decode()] = values
    digest = hashlib.md5(file.read_bytes()).hexdigest()
    monkeypatch.setitem(backbones.IMAGENET_FILES, name, (file_name, digest))
    return file, convolutions
