"""Faces: detection (BlazeFace), landmarks (FaceMesh), tracking and alignment."""

from mer_zoo.faces.alignment import canonical_eyes, canonical_transform, warp
from mer_zoo.faces.detection import Face, detect_faces
from mer_zoo.faces.landmarks import FaceLandmarks, find_landmarks

__all__ = [
    "Face",
    "FaceLandmarks",
    "canonical_eyes",
    "canonical_transform",
    "detect_faces",
    "find_landmarks",
    "warp",
]
