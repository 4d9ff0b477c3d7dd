"""The two ways to run the face networks: Keras on its backend, or LiteRT."""

from functools import cache
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from mer_zoo import settings
from mer_zoo.errors import UnknownNameError

ENGINES = ("auto", "keras", "litert")


class Engine(Protocol):
    """Runs BlazeFace and FaceMesh on prepared inputs.

    Attributes:
        parallel: two threads may run it at the same time, and images one by one are as fast as many.
    """

    @property
    def parallel(self) -> bool: ...

    def blazeface(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(128, 128, 3) float32 RGB in [-1, 1] -> anchor values (896, 16), score logits (896,)."""

    def facemesh(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 192, 192, 3) float32 RGB in [0, 1] -> landmarks (N, 468, 3), face logits (N,)."""


def get_engine(name: str = "auto") -> Engine:
    """The engine of that name; its networks are loaded when they are first used.

    Args:
        name: "keras", "litert" (needs the package `ai-edge-litert`), or "auto", which is LiteRT
            where it is installed and Keras elsewhere.

    Raises:
        UnknownNameError: There is no such engine, or LiteRT is asked for and not installed.
    """
    return _load(_resolved(name))


def engine_identity(name: str = "auto") -> str:
    """What landmarks depend on besides the frames: the engine, its backend and the network files.

    Two engines, or two backends, agree to about 1e-4 px only, so results that are kept name them.
    Nothing is loaded.

    Args:
        name: see `get_engine`.

    Raises:
        UnknownNameError: as `get_engine`.
    """
    from mer_zoo.faces.weights import BLAZEFACE, FACEMESH

    if _resolved(name) == "litert":
        return f"litert {BLAZEFACE.tflite_sha256} {FACEMESH.tflite_sha256}"
    digests = f"{BLAZEFACE.safetensors_sha256} {FACEMESH.safetensors_sha256}"
    return f"keras on {settings.backend()} {digests}"


def _resolved(name: str) -> str:
    """The engine that a name means on this machine."""
    if name not in ENGINES:
        raise UnknownNameError.among("face engine", name, ENGINES)
    installed = find_spec("ai_edge_litert") is not None
    if name == "litert" and not installed:
        raise UnknownNameError(
            "The face engine 'litert' needs the package ai-edge-litert, which is not installed. "
            "Install it (pip install 'mer-zoo[fast]') or use engine='keras'."
        )
    return "litert" if installed and name != "keras" else "keras"


@cache
def _load(name: str) -> Engine:
    if name == "litert":
        from mer_zoo.faces.litert_engine import LiteRTEngine

        return LiteRTEngine()
    from mer_zoo.faces.keras_engine import KerasEngine

    return KerasEngine()
