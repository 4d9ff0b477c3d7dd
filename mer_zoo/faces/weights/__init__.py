"""The trained weights of BlazeFace and FaceMesh (Google MediaPipe, Apache-2.0) and their sums."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.errors import WeightsError

WEIGHTS_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class NetworkFiles:
    """Where one network's weights lie, in both formats, and the sha256 they must have."""

    tflite: str
    tflite_sha256: str
    safetensors: str
    safetensors_sha256: str


BLAZEFACE = NetworkFiles(
    tflite="face_detection_short_range.tflite",
    tflite_sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    safetensors="blazeface.safetensors",
    safetensors_sha256="87c2a64693ec74ff2320b4e8670a1deecb52a6cc40dc3ea57cd294f91978fc9c",
)
FACEMESH = NetworkFiles(
    tflite="face_landmark.tflite",
    tflite_sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    safetensors="facemesh.safetensors",
    safetensors_sha256="4de9f711621710e0558359bf20e1cc5dc35f1d8f40689bd9f9f0810a83274692",
)


def read_verified(path: Path, sha256: str) -> bytes:
    """Reads a weight file and checks that it is the one this version was made with.

    Args:
        path: The file.
        sha256: Hexadecimal digest it must have.

    Returns:
        The file's content.

    Raises:
        WeightsError: The file is missing or altered.
    """
    if not path.is_file():
        raise WeightsError(
            f"The weight file {path} is missing. It ships with mer-zoo: reinstall the package "
            "(pip install --force-reinstall mer-zoo)."
        )
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"The weight file {path} is altered: its sha256 is {found}, expected {sha256}. "
            "Reinstall the package (pip install --force-reinstall mer-zoo)."
        )
    return content
