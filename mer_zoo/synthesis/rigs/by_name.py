"""The face rigs by name."""

from collections.abc import Iterable
from pathlib import Path

from mer_zoo.errors import RecipeError, UnknownNameError
from mer_zoo.synthesis.rigs.ict import ict_rig
from mer_zoo.synthesis.rigs.rig import FaceRig

PACKAGED, ICT = "makehuman", "ict"
RIGS = (PACKAGED, ICT)


def check_rigs(rigs: Iterable[str], ict_file: str | Path | None) -> tuple[str, ...]:
    """The names, each once.

    Raises:
        UnknownNameError: one is not known.
        RecipeError: there is none, one is named twice, or "ict" has no file.
    """
    names = (rigs,) if isinstance(rigs, str) else tuple(rigs)
    for name in names:
        if name not in RIGS:
            raise UnknownNameError.among("face rig", name, RIGS)
    if not names or len(set(names)) < len(names):
        raise RecipeError(f"rigs is {list(names)}: expected one or more of {RIGS}, each once.")
    if ICT in names and ict_file is None:
        raise RecipeError(
            'The face rig "ict" is not packaged. Give its file (mer-zoo train: --ict FILE; '
            'docs/corpus.md says how to make it), or use rigs = ["makehuman"].'
        )
    return names


def find_rig(name: str, ict_file: str | Path | None = None) -> FaceRig:
    """The rig of a name that `check_rigs` has let pass; read once per process."""
    return ict_rig(ict_file) if name == ICT else FaceRig.load()
