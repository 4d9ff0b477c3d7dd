"""A reader without a network. In a module of its own, so that other processes can import it.

The first word of a file says what reading it does: `fine`, `raises`, `dies`.
"""

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mer_zoo.errors import WeightsError
from mer_zoo.readings import Reading


@cache
def _load(seconds):
    time.sleep(seconds)


@dataclass(frozen=True)
class StandIn:
    """Answers after `seconds`, and writes into `diary` which process read what.

    The first video of a process waits `loads` seconds longer, as for a network.
    """

    diary: str
    entry: str = "stand_in"
    class_names: tuple[str, ...] = ("calm", "tense")
    notes: str = "Has seen nothing."
    seconds: float = 0.0
    broken: bool = False
    loads: float = 0.0

    def describe(self):
        return {"entry": self.entry, "classes": list(self.class_names)}

    def prepare(self):
        if self.broken:
            raise WeightsError("The weights are altered.")
        _load(self.loads)

    def read(self, clip):
        with Path(self.diary).open("a") as diary:
            diary.write(f"{os.getpid()} {clip.path.name}\n")
        word = clip.path.read_text().split()[0]
        time.sleep(self.seconds)
        if word == "dies":
            os.kill(os.getpid(), 9)
        if word == "raises":
            raise ZeroDivisionError("by a video")
        image = np.zeros((96, 96, 3), np.float32)
        return Reading(
            label="tense",
            probabilities={"calm": 0.25, "tense": 0.75},
            expression=True,
            onset=1,
            apex=3,
            offset=5,
            held=False,
            image_span=(1, 3, 5),
            motion=1.5,
            fps=30.0,
            source=str(clip.path),
            model=self.entry,
            provenance=self.notes,
            curve=np.zeros(6, np.float32),
            curve_start=0,
            frames=np.zeros((3, 112, 112, 3), np.uint8),
            image=image,
            attention=None,
        )


@dataclass(frozen=True)
class GpuTeller(StandIn):
    """Its processes write into `diary`.gpus which GPUs they may use."""

    def prepare(self):
        with Path(f"{self.diary}.gpus").open("a") as diary:
            diary.write(f"{os.environ['CUDA_VISIBLE_DEVICES']}\n")
