"""What the classifier says about one clip."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mer_zoo.action_units import MovedUnit
from mer_zoo.readings.card_summary import CardSummary

NO_EXPRESSION = "no expression"
FACE, UPPER_FACE = "face", "upper face"
SECONDS = ("onset_seconds", "apex_seconds", "offset_seconds")
"""Attributes of a reading, and the last columns of the tables of readings."""


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
            read from its beginning, or in steps of a few pixels; this is then the step with the surest
            answer. One step may lie before the onset, if the expression began slowly. Otherwise these are
            the phases above.
        motion: peak motion in pixels of the 224 px face crop (outer eye corners 109 px apart).
        fps: nominal frames per second of the source, to six decimals, None for a single frame.
        source: name of the video or clip. A part names its frames, and indices count from its first.
        model: name of the zoo entry.
        provenance: what the weights saw and what they must not be used for, in words.
        curve: motion of each analysed frame relative to the onset, float32 `(n,)`.
        curve_start: frame index in the source of `curve[0]`.
        frames: aligned faces at onset, apex and offset, uint8 `(3, S, S, 3)` RGB.
        image: the modality image the network saw, float32 `(H, W, C)`.
        attention: where the network looked, float32 `(H, W)` in 0..1, or None when the network has
            no Gradient Attention.
        brief: a short version of the model's card, for reports; None when it is not known.
        evidence: the part of the face that the label and the probabilities are based on: "face", or
            "upper face" where the person talks, since lips and jaw then move for another reason.
        talking: how sure it is that the person talked between onset and apex, 0..1.
        action_units: the units that moved, by number; empty where none did, None where the entry does
            not name units. While the person talks, only units of the upper face are named.
        unit_probabilities: output (`mer_zoo.action_units.OUTPUTS`, such as "AU12" or "AU12 left") ->
            probability; empty where the entry does not name units. Not to be trusted where the motion
            is below the `min_motion` of the card, or for the lower face while the person talks.
        curve_times: seconds in the source of each frame of the curve, float64 `(n,)`, which need not be
            evenly spaced. None if the times are not known; `seconds` then counts with `fps`.
        channels: what the channels of the image are (`mer_zoo.modalities.channel_names`); empty if that
            is not known.
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
    action_units: tuple[MovedUnit, ...] | None = None
    unit_probabilities: dict[str, float] = field(default_factory=dict, repr=False)
    curve_times: np.ndarray | None = field(default=None, repr=False)
    channels: tuple[str, ...] = field(default=(), repr=False)

    def seconds(self, frame: int) -> float | None:
        """When a frame of the source is shown, in seconds.

        Args:
            frame: 0-based index, as `onset`.

        Returns:
            None if neither times nor `fps` are known, or if the times do not reach to this frame.
        """
        if self.curve_times is None:
            return frame / self.fps if self.fps else None
        place = frame - self.curve_start
        return float(self.curve_times[place]) if 0 <= place < len(self.curve_times) else None

    @property
    def onset_seconds(self) -> float | None:
        """`seconds` of the onset."""
        return self.seconds(self.onset)

    @property
    def apex_seconds(self) -> float | None:
        """`seconds` of the apex."""
        return self.seconds(self.apex)

    @property
    def offset_seconds(self) -> float | None:
        """`seconds` of the offset."""
        return self.seconds(self.offset)

    @property
    def action_unit_code(self) -> str | None:
        """The units that moved as coders write them, "6+L12"; None where units are not named."""
        units = self.action_units
        return None if units is None else "+".join(unit.code for unit in units)

    def to_dict(self) -> dict:
        """The reading without its pictures and card, as plain values ready for JSON."""
        others = {"curve", "curve_times", "frames", "image", "attention", "brief", "action_units"}
        plain = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in others
        }
        units = self.action_units
        plain["action_units"] = None if units is None else [unit.to_dict() for unit in units]
        plain["curve"] = [round(float(v), 4) for v in self.curve]
        times = self.curve_times
        plain["curve_times"] = None if times is None else [round(float(t), 6) for t in times]
        return plain | {name: getattr(self, name) for name in SECONDS}

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_frame(self):
        """The reading as a `pandas.DataFrame` of one row; `pandas.concat` puts several together.

        The columns are source, label, expression, onset, apex, offset, held, motion (px of the 224 px
        face), fps, model, evidence, talking, action_units ("6+L12"), `p_<class>` of every class, where
        units are named the probability of every output about them, such as `AU12` and `AU12 left`, and
        onset_seconds, apex_seconds and offset_seconds.
        """
        import pandas as pd

        names = ("source", "label", "expression", "onset", "apex", "offset", "held", "motion")
        more = ("model", "evidence", "talking")
        plain = {name: getattr(self, name) for name in (*names, "fps", *more)}
        plain["action_units"] = self.action_unit_code
        classes = {f"p_{name}": p for name, p in self.probabilities.items()}
        times = {name: getattr(self, name) for name in SECONDS}
        return pd.DataFrame([plain | classes | self.unit_probabilities | times])

    def plot(self):
        """Draws the aligned faces, the network's image, the motion and the probabilities.

        Needs matplotlib (extra `plot`).

        Returns:
            The `matplotlib` axes, an array of six; `axes[0].figure.savefig("reading.png")`.

        Raises:
            MissingPackageError: matplotlib is not installed.
        """
        from mer_zoo.readings.plot import plot_reading

        return plot_reading(self)

    def __str__(self) -> str:
        others = sorted(self.probabilities.items(), key=lambda item: -item[1])
        listed = ", ".join(f"{name} {p:.2f}" for name, p in others if name != self.label)
        if self.label in self.probabilities:
            first = f"{self.label} {self.probabilities[self.label]:.2f} ({listed})"
        elif self.expression:  # the label of an entry that names action units
            first = f"action units {self.label}"
        else:
            first = f"{self.label} (not to be trusted: {listed})"
        offset = f"offset {self.offset}{' (held)' if self.held else ''}"
        found = f"onset {self.onset}, apex {self.apex}, {offset}, motion {self.motion:.1f} px"
        if self.evidence == UPPER_FACE:
            found += f", talks {self.talking:.2f}, evidence {self.evidence}"
        if self.action_units is not None:
            found += f"\n{self.units_in_words()}"
        saw = "" if self.brief is None else f", trained on {self.brief.trained_on}"
        return f"{first}\n{Path(self.source).name}: {found}\n{self.model}{saw}"

    def units_in_words(self) -> str:
        """The units that moved: "AU 6, cheek raiser (0.71); AU 12, lip corner puller, left (0.93)"."""
        return "; ".join(map(str, self.action_units or ())) or "no action unit"

    def _repr_html_(self) -> str:
        """What a notebook shows: faces, images, probabilities and the motion."""
        from mer_zoo.readings.report import render_notebook

        return render_notebook(self)

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
