"""What the environment decides: where things are kept, how much of them, whether to go online,
which backend computes, and the versions of what it computes with."""

import importlib.util
import json
import logging
import os
import platform
import sys
from pathlib import Path

from mer_zoo.errors import MerZooError, SettingError

OFFLINE_VALUES = {"1", "true", "yes", "on"}
CACHE_MB = 4096
FACE_THREADS = 2
PACKAGES = ("mer-zoo", "keras", "numpy", "opencv-python", "scikit-image")
BACKENDS = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax",), "torch": ("torch",)}


def home() -> Path:
    """The cache folder: `$MER_ZOO_HOME`, else `~/.cache/mer_zoo`."""
    return Path(os.environ.get("MER_ZOO_HOME") or Path.home() / ".cache" / "mer_zoo").expanduser()


def is_offline() -> bool:
    """Whether `MER_ZOO_OFFLINE` forbids every network access."""
    return os.environ.get("MER_ZOO_OFFLINE", "").strip().lower() in OFFLINE_VALUES


def image_cache_bytes() -> int:
    """Most bytes of images made from datasets that are kept: `MER_ZOO_CACHE_MB`, else 4096 MB.

    Raises:
        SettingError: it is not a whole number.
    """
    text = os.environ.get("MER_ZOO_CACHE_MB", str(CACHE_MB))
    if not text.isdigit():
        raise SettingError(
            f"MER_ZOO_CACHE_MB={text!r} is not a whole number of megabytes. Set it to one, for "
            f"instance {CACHE_MB}, or unset it."
        )
    return int(text) * 1_000_000


def face_threads() -> int:
    """Threads of the face networks in LiteRT: 2, or fewer where `OMP_NUM_THREADS` says so."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    return min(FACE_THREADS, int(text)) if text.isdigit() and int(text) > 0 else FACE_THREADS


def choose_backend() -> None:
    """Takes the first installed backend unless the user chose one (KERAS_BACKEND or keras.json)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    try:
        folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        configured = [json.loads((folder / "keras.json").read_text())["backend"]]
    except (OSError, ValueError, KeyError):
        configured = []
    # Keras writes keras.json by itself, naming TensorFlow, so what it names may not be installed.
    for backend in [*configured, "tensorflow", "jax", "torch"]:
        if importlib.util.find_spec(backend):
            os.environ["KERAS_BACKEND"] = backend
            return
    raise MerZooError(
        "No Keras backend is installed. Install one: pip install 'mer-zoo[tensorflow]' (or [jax], "
        "[torch])."
    )


def backend() -> str:
    """Name of Keras' backend. Where the environment tells, neither is started: that takes seconds."""
    named = os.environ.get("KERAS_BACKEND")
    if named and "keras" not in sys.modules:
        return named
    import keras

    return keras.backend.backend()


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that a score may depend on."""
    import importlib.metadata  # slow, and every command reads settings

    found = {"python": platform.python_version()}
    for name in (*PACKAGES, *BACKENDS.get(backend(), ())):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
