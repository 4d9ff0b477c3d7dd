"""The classifier: a network, the preprocessing its card names, and the card."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, overload

import keras
import numpy as np

from mer_zoo import modalities, spotting
from mer_zoo.clips import Clip, FrameStream, as_clip, open_frames, open_live
from mer_zoo.errors import ClipError, WeightsError
from mer_zoo.models.attention import attention_map
from mer_zoo.readings import FACE, NO_EXPRESSION, UPPER_FACE, Reading, UnitReading
from mer_zoo.zoo.cards import Card, Rejection


@keras.saving.register_keras_serializable(package="mer_zoo")
class MicroExpressionClassifier(keras.Model):
    """A `keras.Model` from modality images to class probabilities that also reads clips and videos.

    Args:
        network: a model of `mer_zoo.models`, one output for each class.
        card: the card whose preprocessing is used; a `Card` or its dictionary.
        class_names: names of the outputs; by default the card's.
        fresh_head: the head has not been trained yet. Until `fit` has run, `predict_clip` and
            `predict_video` raise an error.
        name: name of the model.

    Input of `call`, `predict` and `fit`: float32 `(batch, height, width, channels)`, images as
    `preprocess` makes them. Output: float32 `(batch, classes)`, probabilities.

    Raises:
        ValueError: the number of class names differs from the number of outputs.
    """

    def __init__(
        self,
        network: keras.Model,
        card: Card | dict,
        class_names: Sequence[str] | None = None,
        fresh_head: bool = False,
        name: str | None = None,
        **kwargs,
    ):
        card = card if isinstance(card, Card) else Card.from_dict(card)
        class_names = list(card.class_names if class_names is None else class_names)
        if len(class_names) != network.output_shape[-1]:
            raise ValueError(
                f"{len(class_names)} class names were given ({', '.join(class_names)}), but "
                f"{network.name} has {network.output_shape[-1]} outputs. Give one name per output."
            )

        # === Functional model ===
        inputs = keras.Input(network.input_shape[1:], name="image")
        super().__init__(inputs=inputs, outputs=network(inputs), name=name or card.name, **kwargs)

        # === Config ===
        self.network = network
        self.card = card
        self.class_names = class_names
        self.fresh_head = fresh_head

    def get_config(self):
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "card": self.card.to_dict(),
            "class_names": self.class_names,
            "fresh_head": self.fresh_head,
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None):
        network = keras.saving.deserialize_keras_object(config["network"], custom_objects)
        return cls(**{**config, "network": network})

    def get_compile_config(self):
        # Whether to compile is for the backend that reads the file: what JAX compiles as a matter of
        # course makes PyTorch build the first batch for a minute.
        config = super().get_compile_config()
        return {**config, "jit_compile": "auto"} if config else config

    @property
    def rejection(self) -> Rejection:
        """The thresholds of "no expression". With custom classes only `min_motion` applies.

        Custom classes are never named while a person talks: their probabilities were not measured
        on upper faces.
        """
        if self.class_names == self.card.class_names:
            return self.card.rejection
        return dataclasses.replace(self.card.rejection, threshold=0.0, upper_face=1.0, steps=False)

    def fit(self, *args, **kwargs):
        history = super().fit(*args, **kwargs)
        self.fresh_head = False
        return history

    def preprocess(self, clip: Clip, *, upper_face: bool = False) -> np.ndarray:
        """The network's image of one aligned clip with phases.

        Args:
            clip: frames are canonical face crops (see `mer_zoo.faces.canonical_transform`) of the
                card's `face_size`; onset and offset are set.
            upper_face: leave the lower face out (`mer_zoo.modalities.upper_face`).

        Returns:
            float32 `(image_size, image_size, channels)`.

        Raises:
            ClipError: the crops have another size, or the phases are missing.
        """
        wanted = self.card.preprocessing
        if clip.frames.shape[1:3] != (wanted.face_size, wanted.face_size):
            raise ClipError(
                f"{self.name} expects aligned faces of {wanted.face_size}x{wanted.face_size} px, "
                f"got frames of {clip.frames.shape[2]}x{clip.frames.shape[1]} px. "
                "Use predict_clip or predict_video, which find and align the face."
            )
        image = modalities.compute(wanted.modality, clip, **wanted.parameters)
        if upper_face:
            image = modalities.upper_face(image)
        return modalities.central(image, wanted.image_size)

    def predict_clip(
        self,
        clip: Clip | np.ndarray,
        *,
        fps: float | None = None,
        aligned: bool = False,
        face: str | int = "largest",
        engine: str = "auto",
    ) -> Reading:
        """Classifies one clip.

        Args:
            clip: any clip; missing onset, apex and offset are spotted. Or an array of frames, for
                instance uint8 RGB `(T, H, W, 3)` (see `Clip.from_array`).
            fps: frames per second of an array. By default 30 is assumed, with a warning.
            aligned: the frames are canonical face crops already; no face is detected.
            face: "largest", or 0 for the largest face, 1 for the second largest, ...
            engine: "auto", "keras" or "litert": what runs the face models.

        Raises:
            ClipError: the clip has fewer than two frames, or an array cannot be used.
            NoFaceError: no face was found.
        """
        clip = as_clip(clip, fps)
        if aligned:
            expression = spotting.spot_registered(clip)
            return self._read(expression, clip.source or "clip", clip.apex is not None)
        return self._read_strongest(open_frames(clip), clip.phases, face=face, engine=engine)

    @overload
    def predict_video(
        self,
        path: str | Path,
        *,
        onset: int | None = ...,
        apex: int | None = ...,
        offset: int | None = ...,
        start: int = ...,
        stop: int | None = ...,
        fps: float | None = ...,
        face: str | int = ...,
        engine: str = ...,
        allow_truncated: bool = ...,
        progress: Callable[[int], None] | None = ...,
        spot: Literal[False] = ...,
    ) -> Reading: ...

    @overload
    def predict_video(
        self,
        path: str | Path,
        *,
        onset: int | None = ...,
        apex: int | None = ...,
        offset: int | None = ...,
        start: int = ...,
        stop: int | None = ...,
        fps: float | None = ...,
        face: str | int = ...,
        engine: str = ...,
        allow_truncated: bool = ...,
        progress: Callable[[int], None] | None = ...,
        spot: Literal[True],
    ) -> list[Reading]: ...

    def predict_video(
        self,
        path: str | Path,
        *,
        onset: int | None = None,
        apex: int | None = None,
        offset: int | None = None,
        start: int = 0,
        stop: int | None = None,
        fps: float | None = None,
        face: str | int = "largest",
        engine: str = "auto",
        allow_truncated: bool = False,
        progress: Callable[[int], None] | None = None,
        spot: bool = False,
    ) -> Reading | list[Reading]:
        """Classifies the strongest expression in a video or a folder of frames, in constant memory.

        Detects and tracks the face, aligns the clip, spots onset, apex and offset unless they are
        given, and classifies the modality image of the card.

        Args:
            path: video file, or folder of numbered images (then `fps` is needed).
            onset, apex, offset: 0-based frame indices, if known.
            start, stop: use only the frames `start <= index < stop`.
            fps: frames per second of a folder of images; for a video, they replace the file's times.
            face: "largest", or 0 for the largest face, 1 for the second largest, ...
            engine: "auto", "keras" or "litert": what runs the face models.
            allow_truncated: accept a video that ends too early, and use the frames it has.
            progress: called after each frame with the number of frames done.
            spot: classify every expression that `mer_zoo.spot` finds, and return a list in the
                order of time, which may be empty.

        Returns:
            The `Reading`; with `spot`, a list of them.

        Raises:
            VideoError: the file cannot be read, holds no video, or ends too early.
            ClipError: fewer than two frames, or impossible phases; with `spot`, phases were given
                or the card takes whole frames instead of aligned faces.
            NoFaceError: no face was found in the video.
        """
        stream = open_frames(path, fps=fps, allow_truncated=allow_truncated)
        if spot:
            if any(phase is not None for phase in (onset, apex, offset)):
                raise ClipError(
                    "spot=True finds onset, apex and offset of every expression, but some were "
                    "given. Give the phases of one expression, or spot=True."
                )
            found = self.spot_video(
                stream, start=start, stop=stop, face=face, engine=engine, progress=progress
            )
            return [reading for _, reading in found]
        phases, part = (onset, apex, offset), {"start": start, "stop": stop}
        return self._read_strongest(
            stream, phases, **part, face=face, engine=engine, progress=progress
        )

    def _read_strongest(self, stream: FrameStream, phases: tuple, **options) -> Reading:
        """Reads the strongest expression; `options` are those of `mer_zoo.spotting.find_expression`."""
        wanted = self.card.preprocessing
        expression = spotting.find_expression(
            stream, size=wanted.face_size, alignment=wanted.alignment, phases=phases, **options
        )
        _, apex, _ = phases
        return self._read(expression, stream.name, apex is not None)

    def spot_video(
        self,
        video: str | Path | FrameStream | Clip | np.ndarray,
        *,
        fps: float | None = None,
        allow_truncated: bool = False,
        **options,
    ) -> list[tuple[spotting.Interval, Reading]]:
        """Finds and classifies every expression in a recording of any length.

        Args:
            video, fps, allow_truncated: see `mer_zoo.spot`.
            options: start, stop, min_motion, min_score, face, engine and progress of
                `mer_zoo.spot`.

        Returns:
            A list of (interval, reading) in the order of time.

        Raises:
            ClipError: fewer than two frames, or the card takes whole frames instead of aligned
                faces.
            VideoError, NoFaceError: see `predict_video`.
        """
        wanted = self._preprocessing_of_faces()
        stream = open_frames(video, fps=fps, allow_truncated=allow_truncated)
        found = spotting.spot_expressions(stream, size=wanted.face_size, **options)
        return [(interval, self._read(clip, stream.name, False)) for interval, clip in found]

    def watch(
        self,
        source: int | str | Path | FrameStream,
        *,
        every_frame: bool = False,
        seconds: float | None = None,
        **options,
    ) -> Iterator[tuple[spotting.Interval, Reading]]:
        """Finds and classifies the expressions of a camera, a stream or a file while it runs.

        Args:
            source, every_frame, seconds: see `mer_zoo.watch`.
            options: on_frame, min_motion, min_score, face and engine of `mer_zoo.watch`.

        Yields:
            (interval, reading) as soon as nothing later can change the interval.

        Raises:
            ClipError: the source ends before its second frame, or the card takes whole frames instead
                of aligned faces.
            VideoError, NoFaceError: see `mer_zoo.watch`.
            WeightsError: the head for custom classes has not been trained yet.

        Example:
            >>> for interval, reading in model.watch(0):
            ...     print(reading)
        """
        stream = open_live(source, every_frame=every_frame, seconds=seconds)
        wanted = self._preprocessing_of_faces()
        self._refuse_fresh_head()
        # Some backends compile at the first call, which takes seconds: not while frames come.
        self.predict_on_batch(np.zeros((1, *self.input_shape[1:]), np.float32))
        found = spotting.watch_expressions(stream, size=wanted.face_size, **options)
        return ((interval, self._read(clip, stream.name, False)) for interval, clip in found)

    def _preprocessing_of_faces(self):
        """The card's preprocessing. Raises ClipError where it takes whole frames."""
        wanted = self.card.preprocessing
        if wanted.alignment != "face":
            raise ClipError(
                f"{self.name} takes whole frames (alignment {wanted.alignment!r}), and spotting "
                "needs a face to follow. Use an entry with alignment 'face'."
            )
        return wanted

    def _refuse_fresh_head(self) -> None:
        if self.fresh_head:
            raise WeightsError(
                f"The head of {self.name} for the classes {', '.join(self.class_names)} has not been "
                "trained yet, so its answers would be random. Run fit first."
            )

    def _read(self, found, source, given: bool) -> Reading:
        """Classifies an expression (`mer_zoo.spotting.SpottedExpression`); `given`: its apex was known."""
        self._refuse_fresh_head()
        # Phases that someone marked are of an expression, whatever the mouth does.
        talks = not given and found.talks
        upper = bool(talks and self.rejection.upper_face < 1)
        steps = found.steps(marked=given)
        used = steps if self.rejection.steps else steps[:1]
        seen, image, values = self._surest(used, upper, source)
        # While a person talks and the upper face is not read, nothing of the face is evidence.
        usable = bool(found.motion >= self.rejection.min_motion and (upper or not talks))
        label = self._label(values, usable, upper)
        units = self._units(image, values, usable, upper)
        attention = attention_map(self.network, image[None])
        clip, wanted = found.clip, self.card.preprocessing
        return Reading(
            label=label,
            probabilities={n: float(v) for n, v in zip(self.class_names, values, strict=True)},
            expression=label != NO_EXPRESSION,
            onset=found.start + clip.onset,
            apex=found.start + clip.apex,
            offset=found.start + clip.offset,
            held=found.held,
            image_span=tuple(found.start + phase for phase in seen.phases),
            motion=float(found.motion),
            # The median step of times in floating point: 30.000000000000007 is 30 to people.
            fps=None if clip.fps is None else round(clip.fps, 6),
            source=source,
            model=self.name,
            provenance=self.card.provenance(),
            curve=found.curve,
            curve_start=found.start,
            frames=np.stack([clip.frames[i] for i in (clip.onset, clip.apex, clip.offset)]),
            image=image,
            attention=None if attention is None else attention[0],
            brief=self.card.brief(),
            evidence=UPPER_FACE if talks else FACE,
            talking=found.talking,
            action_units=None if units is None else units.moved,
            unit_probabilities={} if units is None else units.probabilities,
            curve_times=clip.times,
            channels=modalities.channel_names(wanted.modality, **wanted.parameters),
        )

    def _surest(
        self, steps: Sequence[Clip], upper: bool, source
    ) -> tuple[Clip, np.ndarray, np.ndarray]:
        """The step of an expression with the surest answer, its image and its probabilities."""
        images = [self.preprocess(step, upper_face=upper) for step in steps]
        # One by one: JAX compiles anew for each size of a batch.
        answers = np.concatenate([self.predict_on_batch(image[None]) for image in images])
        if not np.isfinite(answers).all():
            raise WeightsError(
                f"{self.name} answers {source} with probabilities that are not finite numbers: its "
                "weights are damaged or diverged in training. Restore the weight file, or train again."
            )
        best = int(np.argmax(answers.max(axis=1)))
        return steps[best], images[best], answers[best]

    def _label(self, values: np.ndarray, usable: bool, upper: bool) -> str:
        """The class that probabilities `(classes,)` name.

        Args:
            values: the network's answer.
            usable: enough moved, and it is evidence.
            upper: the image shows only the upper face.
        """
        best = int(np.argmax(values))
        least = self.rejection.upper_face if upper else self.rejection.threshold
        return self.class_names[best] if usable and values[best] >= least else NO_EXPRESSION

    def _units(
        self, image: np.ndarray, values: np.ndarray, usable: bool, upper: bool
    ) -> UnitReading | None:
        """The action units in the image, from the companion of the card; None where it has none."""
        if not self.card.companion:
            return None
        from mer_zoo.zoo.companions import companion_of

        return companion_of(self.card).read_units(image, usable=usable, upper=upper)
