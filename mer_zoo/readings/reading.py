"""What the classifier says about one clip."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mer_zoo.readings.card_summary import CardSummary

NO_EXPRESSION = "no expression"
FACE, UPPER_FACE = "face", "upper face"


@dataclass(frozen=True)
class Reading:
    """The reading of one clip.

    Attributes:
        label: the most probable class, or "no expression" when the probabilities or the motion stay
            below the thresholds of the card.
        probabilities: class name -> probability. Also given for "no expression", where they are
            not to be trusted.
        expression: whether an expression was found.
        onset, apex, offset: frame indices in the source, 0-based.
        held: the face had not returned by the end of the clip; offset is then the apex.
        image_span: onset, apex and offset (frame indices) of what the network saw. A large expression is
            read from its beginning, while it is a few pixels; otherwise these are the phases above.
        motion: peak motion in pixels of the 224 px face crop (outer eye corners 109 px apart).
        fps: nominal frames a second of the source, None for a single frame.
        source: name of the video or clip.
        model: name of the zoo entry.
        provenance: what the weights saw and what they must not be used for, in words.
        curve: motion of each analysed frame relative to the onset, float32 `(n,)`.
        curve_start: frame index in the source of `curve[0]`.
        frames: aligned faces at onset, apex and offset, uint8 `(3, S, S, 3)` RGB.
        image: the modality image the network saw, float32 `(H, W, C)`.
        attention: where the network looked, float32 `(H, W)` in 0..1, or None when the network has
            no Gradient Attention.
        brief: what the model's card says in one minute, for reports; None when it is not known.
        evidence: the part of the face that the label and the probabilities rest on: "face", or
            "upper face" where the person talks, since lips and jaw then move for another reason.
        talking: how sure it is that the person talked between onset and apex, 0..1.
    """

    label: str
    probabilities: dict[str, float]
    expression: bool
    onset: int
    apex: int
    offset: int
    held: bool
    image_span: tuple[int, int, int]
    motion: float
    fps: float | None
    source: str
    model: str
    provenance: str = field(repr=False)
    curve: np.ndarray = field(repr=False)
    curve_start: int = field(repr=False)
    frames: np.ndarray = field(repr=False)
    image: np.ndarray = field(repr=False)
    attention: np.ndarray | None = field(repr=False)
    brief: CardSummary | None = field(default=None, repr=False)
    evidence: str = FACE
    talking: float = 0.0

    def to_dict(self) -> dict:
        """The reading without its pictures and card, as plain values ready for JSON."""
        others = {"curve", "frames", "image", "attention", "brief"}
        plain = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in others
        }
        return {**plain, "curve": [round(float(v), 4) for v in self.curve]}

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def save_report(
        self, path: str | Path, force: bool = False, heat_map: np.ndarray | None = None
    ) -> Path:
        """Writes a self-contained HTML page: pictures, motion curve, probabilities, what the card says.

        Args:
            path: the `.html` file.
            force: replace an existing file.
            heat_map: what `mer_zoo.explain.heat_map` made of this reading, to be shown on the face.

        Raises:
            OutputExistsError: the file exists and `force` is false.
        """
        from mer_zoo.readings.report import save_report

        return save_report([self], path, force=force, heat_maps=[heat_map])
