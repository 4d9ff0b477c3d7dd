"""Faces: detection (BlazeFace), landmarks (FaceMesh), tracking and alignment."""

from mer_zoo.faces.alignment import canonical_eyes, canonical_transform, warp
from mer_zoo.faces.bridging import bridge
from mer_zoo.faces.detection import Face, detect_faces, face_number, which_faces
from mer_zoo.faces.landmarks import FaceLandmarks, find_landmarks
from mer_zoo.faces.shots import ShotCounter
from mer_zoo.faces.stabilisation import stabilise
from mer_zoo.faces.topology import RIGID, TRACKED
from mer_zoo.faces.tracking import FaceTracker

__all__ = [
    "RIGID",
    "TRACKED",
    "Face",
    "FaceLandmarks",
    "FaceTracker",
    "ShotCounter",
    "bridge",
    "canonical_eyes",
    "canonical_transform",
    "detect_faces",
    "face_number",
    "find_landmarks",
    "stabilise",
    "warp",
    "which_faces",
]
