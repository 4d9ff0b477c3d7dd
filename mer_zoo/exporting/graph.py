"""What is exported: the network alone, or MESTI and the network as one graph."""

import dataclasses

import keras
import numpy as np

from mer_zoo import modalities
from mer_zoo.clips import Clip
from mer_zoo.clips.validation import PHASES
from mer_zoo.errors import ExportError
from mer_zoo.exporting.formats import OUTPUT
from mer_zoo.layers import MESTI
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.golden import golden_clips, resized

FEWEST_FRAMES = 4


@dataclasses.dataclass(frozen=True)
class Graph:
    """A functional model of named inputs, and an example of what goes in and must come out.

    Attributes:
        network: takes the inputs in the order of `example`; its output are the probabilities.
        example: an array for each input by name, the first axis counts golden clips.
        expected: float32 `(clips, classes)`, what the model itself answers to the example.
    """

    network: keras.Model
    example: dict[str, np.ndarray]
    expected: np.ndarray

    def answer(self) -> np.ndarray:
        """The network's output for the example, float32 `(clips, classes)`."""
        values = list(self.example.values())
        return self.network.predict_on_batch(values if len(values) > 1 else values[0])

    def with_named_output(self) -> keras.Model:
        """The same network whose output is called `probabilities`, for formats that keep names."""
        return keras.Model(self.network.inputs, {OUTPUT: self.network.outputs[0]})

    def describe_inputs(self) -> dict[str, dict]:
        """Shape (None for any size) and dtype of each input by name, as plain values."""
        return {
            tensor.name: {"shape": list(tensor.shape), "dtype": tensor.dtype}
            for tensor in self.network.inputs
        }


def image_graph(model: MicroExpressionClassifier, *, batch_size: int | None = None) -> Graph:
    """The network of a classifier: modality images in, probabilities out.

    Args:
        model: any classifier.
        batch_size: number of images that it takes; None for any.
    """
    images = np.stack([model.preprocess(clip) for clip in _golden(model)])
    inputs = keras.Input(images.shape[1:], batch_size=batch_size, name="image")
    network = keras.Model(inputs, model.network(inputs))
    return Graph(network, {"image": images}, model.predict_on_batch(images))


def clip_graph(model: MicroExpressionClassifier, frames: int | None) -> Graph:
    """MESTI, the central crop and the network of a classifier: aligned frames in, probabilities out.

    Args:
        model: a classifier whose images are MESTI's.
        frames: number of frames of every clip; None for any.

    Raises:
        ExportError: the model's images are not MESTI's, or there are too few frames.
    """
    wanted = model.card.preprocessing
    if wanted.modality != "mesti":
        raise ExportError(
            f"The preprocessing of {model.name} cannot be a part of the file: its modality "
            f"{wanted.modality!r} is not computed by the network's backend, only 'mesti' is. Export "
            "without with_preprocessing, and give the file images made by model.preprocess."
        )
    if frames is not None and frames < FEWEST_FRAMES:
        raise ExportError(
            f"frames={frames} is too short for an expression: give at least {FEWEST_FRAMES}, or "
            "as many as the longest clip has from onset to offset."
        )
    side = wanted.face_size
    inputs = [keras.Input((frames, side, side, 3), dtype="uint8", name="frames")]
    inputs += [keras.Input((), dtype="int32", name=phase) for phase in PHASES]
    image = MESTI(**wanted.parameters)({tensor.name: tensor for tensor in inputs})
    network = keras.Model(inputs, model.network(modalities.central(image, wanted.image_size)))

    clips = [_of_length(clip, frames) for clip in _golden(model)]
    images = np.stack([model.preprocess(clip) for clip in clips])
    example = {"frames": np.stack([clip.frames for clip in clips])}
    for phase in PHASES:
        example[phase] = np.array([getattr(clip, phase) for clip in clips], np.int32)
    return Graph(network, example, model.predict_on_batch(images))


def _golden(model) -> list[Clip]:
    clips = golden_clips()
    side = model.card.preprocessing.face_size
    return [resized(clips[name], side) for name in model.card.golden.clips]


def _of_length(clip: Clip, count: int | None) -> Clip:
    """The clip cut, or filled up with its last frame, to a number of frames."""
    if count is None or count == clip.n_frames:
        return clip
    chosen = np.minimum(np.arange(count), clip.n_frames - 1)
    onset, apex, offset = (min(phase, count - 1) for phase in clip.require_phases())
    times = np.arange(count) / (clip.fps or 1.0)
    return Clip(clip.frames[chosen], times, onset=onset, apex=apex, offset=offset)
