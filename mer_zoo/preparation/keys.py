"""The keys of the image cache: digests of everything an image depends on."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.faces.engines import engine_identity
from mer_zoo.modalities import with_defaults
from mer_zoo.preprocessing import Preprocessing

# Raised whenever the same clip and settings would give another image.
VERSION = 4


def image_key(clip: Clip, preprocessing: Preprocessing) -> str:
    """The key of a clip's image.

    It covers the decoded frames, their times and the phases, every parameter of the modality with
    its default filled in, and the face networks with the engine that runs them. Names of files and
    folders do not enter, so a dataset that was moved finds its images again; two clips of one video
    never share an image, and a default that changes never finds an image made under the old one.

    Args:
        clip: as it was read, before alignment.
        preprocessing: of a recipe or card.

    Returns:
        A hexadecimal SHA-256.

    Raises:
        UnknownNameError: the modality, or one of its parameters, is not known.
    """
    settings = {
        "version": VERSION,
        "preprocessing": asdict(with_defaults(preprocessing)),
        "faces": engine_identity() if preprocessing.alignment == "face" else None,
        "opencv": cv2.__version__,
        "scikit-image": importlib.metadata.version("scikit-image"),
        "phases": clip.phases,
        "shape": clip.frames.shape,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(clip.times.tobytes())
    for frame in clip.frames:
        digest.update(np.ascontiguousarray(frame).data)
    return digest.hexdigest()
