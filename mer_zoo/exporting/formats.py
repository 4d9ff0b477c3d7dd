"""The formats: their names, what they are called on disk, and what can write them."""

from dataclasses import dataclass
from pathlib import Path

from mer_zoo.errors import ExportError, UnknownNameError
from mer_zoo.extras import require_extra

KEY = "mer_zoo"
"""Under which the metadata lie in every file."""

OUTPUT = "probabilities"
"""Name of the output of every file."""


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        name: as in `export(to=...)`.
        title: as people write it.
        suffix: ending of the file's name; "" for a folder.
        backends: Keras backends that can write it, the quickest first.
        extra: the extra of mer-zoo that installs `packages`.
        packages: what is needed beside the backend to write and run it, as imported.
        backend_packages: what one backend needs in addition, as `(backend, package)`.
        any_length: whether a file with preprocessing can take clips of any number of frames.
        images_one_by_one: backends from which a file takes a single image at a time, and can have no
            preprocessing.
    """

    name: str
    title: str
    suffix: str
    backends: tuple[str, ...]
    extra: str
    packages: tuple[str, ...] = ()
    backend_packages: tuple[tuple[str, str], ...] = ()
    any_length: bool = True
    images_one_by_one: tuple[str, ...] = ()

    def check_path(self, path: Path) -> None:
        """Raises ExportError if `path` cannot be the name of such a file."""
        if path.suffix != self.suffix and self.suffix:
            raise ExportError(
                f"{path} is no name for {self.title}: it must end in {self.suffix}. "
                f"Choose for instance {path.with_suffix(self.suffix)}."
            )

    def check_backend(self, backend: str) -> None:
        """Raises unless `backend` can write this format and what it needs is installed.

        Raises:
            ExportError: another backend is needed; the message says how to choose it.
            MissingPackageError: a package is not installed.
        """
        if backend not in self.backends:
            choice = self.backends[0]
            raise ExportError(
                f"{self.title} cannot be written from the backend {backend}, but from "
                f"{' and from '.join(self.backends)}. Set KERAS_BACKEND={choice} before Python starts, "
                f"as in: KERAS_BACKEND={choice} mer-zoo export ... "
                f"(pip install 'mer-zoo[{choice}]' installs it)."
            )
        for package in self.packages:
            require_extra(self.extra, package, f"Export to {self.title}")
        for needs, package in self.backend_packages:
            if needs == backend:
                extra = _EXTRA_OF.get(package, self.extra)
                require_extra(extra, package, f"Export to {self.title} from {backend}")


_EXTRA_OF = {"tensorflow": "tensorflow", "litert_torch": "litert-torch"}
"""The extra that installs a package, where it is not the format's."""

FORMATS: dict[str, Format] = {
    known.name: known
    for known in (
        Format(
            "onnx",
            "ONNX",
            ".onnx",
            ("torch", "tensorflow"),
            extra="onnx",
            packages=("onnx", "onnxruntime"),
            backend_packages=(("tensorflow", "tf2onnx"),),
        ),
        Format(
            "saved_model",
            "a SavedModel",
            "",
            ("tensorflow", "jax"),
            extra="tensorflow",
            backend_packages=(("jax", "tensorflow"),),
        ),
        Format(
            "litert",
            "LiteRT",
            ".tflite",
            ("tensorflow", "torch"),
            extra="fast",
            packages=("ai_edge_litert",),
            backend_packages=(("torch", "litert_torch"),),
            any_length=False,
            images_one_by_one=("torch",),
        ),
        Format(
            "openvino",
            "OpenVINO",
            ".xml",
            ("torch", "tensorflow"),
            extra="openvino",
            packages=("openvino", "onnx"),
            backend_packages=(("tensorflow", "tf2onnx"),),
        ),
        Format("torch", "a PyTorch program", ".pt2", ("torch",), extra="torch"),
    )
}


def find_format(name: str) -> Format:
    """Returns a format by name; UnknownNameError if there is none."""
    if name not in FORMATS:
        raise UnknownNameError.among("export format", name, FORMATS)
    return FORMATS[name]


def format_of(path: Path) -> Format:
    """Returns the format of an exported file by its name; ExportError if it has none of theirs."""
    for known in FORMATS.values():
        if path.suffix == known.suffix or (not known.suffix and path.is_dir()):
            return known
    raise ExportError(
        f"{path} is no exported model: expected a file ending in "
        f"{', '.join(f.suffix for f in FORMATS.values() if f.suffix)}, or a SavedModel folder."
    )
