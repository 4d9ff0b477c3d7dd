"""Heat maps from the gradient of a class's log probability, on every backend."""

from typing import TYPE_CHECKING

import cv2
import keras
import numpy as np

from mer_zoo.errors import UnknownNameError
from mer_zoo.explain.gradients import gradient_at
from mer_zoo.explain.images import as_seen

if TYPE_CHECKING:
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

METHODS = ("integrated", "gradcam")
STEPS = 8
COARSEST = 8  # pixels of the image that one place of the map may stand for, a side


def heat_map(
    model: "MicroExpressionClassifier | keras.Model",
    image: np.ndarray,
    label: str | int | None = None,
    *,
    method: str = "integrated",
) -> np.ndarray:
    """Shows which parts of the image are evidence for a class.

    "integrated": integrated gradients (Sundararajan et al., ICML 2017) at a hidden layer, in 8 steps.
    The baseline is an image of zeros, the image of a still face. Each position of a feature map gets
    its contribution to the change of log p(class) from the baseline to this image. "gradcam"
    (Selvaraju et al., ICCV 2017) weights the maps by their mean gradient at the image alone. If the
    prediction is nearly certain, that gradient is close to zero, and so is the map.

    The layer is the last one whose positions cover at most 8 x 8 px of the image. The last maps of
    MEGANet are coarser: each of their positions sees half of the face.

    Args:
        model: a `MicroExpressionClassifier`, or a model of `mer_zoo.models`.
        image: float32 `(H, W, C)`, what the network sees (`model.preprocess(clip)`,
            `reading.image`).
        label: class name (of a classifier) or index; by default the most probable class.
        method: "integrated" or "gradcam".

    Returns:
        float32 `(H, W)`, 0..1: evidence for the class, 1 at the strongest position; all 0 if
        nothing is evidence for it.

    Raises:
        UnknownNameError: no such class or method.
        ValueError: the image is not of the network's input shape, or the network has no maps.
    """
    if method not in METHODS:
        raise UnknownNameError.among("heat map method", method, METHODS)
    network, image = as_seen(model, image)
    maps_at = _fine_maps(network)
    to_maps = keras.Model(network.inputs[0], maps_at)
    to_answer = keras.Model(maps_at, network.outputs[0])
    still, moved = np.asarray(to_maps.predict_on_batch(np.stack([np.zeros_like(image), image])))
    chosen = _class_index(model, label, to_answer.predict_on_batch(moved[None])[0])
    if method == "integrated":
        shares = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32)[:, None, None, None]
        path = still + shares * (moved - still)
        evidence = (moved - still) * gradient_at(to_answer, path, chosen).mean(axis=0)
    else:
        evidence = moved * gradient_at(to_answer, moved[None], chosen)[0].mean(axis=(0, 1))
    evidence = np.maximum(evidence.sum(axis=-1), 0)
    heat = cv2.resize(evidence, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    strongest = float(heat.max())
    return (heat / strongest if strongest > 0 else heat).astype(np.float32)


def _fine_maps(network):
    """The output of the last layer with maps whose places stand for few pixels."""
    height = network.input_shape[1]
    for layer in reversed(network.layers):
        output = layer.output
        is_maps = not isinstance(output, list) and len(output.shape) == 4
        if is_maps and output.shape[1] * COARSEST >= height:
            return output
    raise ValueError(f"{network.name} has no layer with fine maps, so there is no place to show.")


def _class_index(model, label, probabilities) -> int:
    if label is None:
        return int(np.argmax(probabilities))
    names = list(getattr(model, "class_names", map(str, range(len(probabilities)))))
    if isinstance(label, str):
        if label not in names:
            raise UnknownNameError.among(f"class of {model.name}", label, names)
        return names.index(label)
    if not 0 <= label < len(names):
        raise UnknownNameError.among(
            f"class of {model.name}", str(label), map(str, range(len(names)))
        )
    return int(label)
