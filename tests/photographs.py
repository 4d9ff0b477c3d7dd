"""Photographs to train on in tests: one face in the public domain, in files of different bytes."""

from pathlib import Path

import cv2
import numpy as np
from skimage import data

from mer_zoo.synthesis import Corpus


def write_photographs(folder: Path, *, train: int = 3, validation: int = 1, test: int = 1) -> Path:
    """Writes as few files as fill the splits of a corpus so; to it each file is an identity."""
    folder.mkdir(parents=True, exist_ok=True)
    face = data.astronaut()[:256, 96:352, ::-1]
    wanted = {"train": train, "validation": validation, "test": test}
    for number in range(200):
        file = folder / f"{number}.png"
        cv2.imwrite(str(file), np.clip(face * (0.8 + 0.002 * number), 0, 255).astype(np.uint8))
        split = Corpus(file).identities[0].split
        if wanted[split] == 0:
            file.unlink()
            continue
        wanted[split] -= 1
        if not any(wanted.values()):
            return folder
    raise AssertionError(f"two hundred files do not fill the splits: {wanted} are missing")
