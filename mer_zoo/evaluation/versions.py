"""The versions that a result was made with."""

import importlib.metadata
import platform

PACKAGES = ("mer-zoo", "keras", "numpy", "opencv-python", "scikit-image")
BACKENDS = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax",), "torch": ("torch",)}


def versions(backend: str) -> dict[str, str]:
    """Versions of Python and of the installed packages that a score may depend on."""
    found = {"python": platform.python_version()}
    for name in (*PACKAGES, *BACKENDS.get(backend, ())):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
