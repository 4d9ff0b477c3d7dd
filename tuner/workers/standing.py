"""How far a served search has come, read from the oracle's file."""

import json
import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """The trials that have ended.

    Attributes:
        ended: for each its number, its status and its UF1 (NaN when it failed), in the order of their ends.
        messages: of those that failed, by number.
    """

    ended: tuple[tuple[int, str, float], ...] = ()
    messages: tuple[tuple[int, str], ...] = ()

    @classmethod
    def read(cls, state: Path) -> "Standing | None":
        """The standing in the oracle's file, or None where it cannot be read."""
        try:
            stored = json.loads(Path(state).read_text(encoding="utf-8"))
            trials = {trial["trial_id"]: trial for trial in stored["trials"]}
            ended = [trials[name] for name in stored["end_order"]]
            return cls(
                tuple((int(t["trial_id"]), t["status"], _number(t["score"])) for t in ended),
                tuple(
                    (int(t["trial_id"]), t.get("message") or "")
                    for t in ended
                    if t["status"] == "FAILED"
                ),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def best(self) -> tuple[int, float] | None:
        """Number and UF1 of the best trial, the first of equals; None while there is none."""
        done = sorted((number, uf1) for number, status, uf1 in self.ended if status == "COMPLETED")
        return max(done, key=lambda trial: trial[1], default=None)

    def failures_since(self, begun: int) -> int:
        """How many trials have failed in a row since so many had ended."""
        count = 0
        for _, status, _ in reversed(self.ended[begun:]):
            if status != "FAILED":
                break
            count += 1
        return count


def _number(score) -> float:
    return math.nan if score is None else float(score)
