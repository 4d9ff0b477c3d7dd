"""What a training finds in its folder: an entry, which only force replaces, or interrupted work.

Interrupted work resumes only with the recipe, clips and packages that it was started with.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mer_zoo import settings
from mer_zoo.errors import OutputExistsError, RecipeError
from mer_zoo.evaluation.plan import differences
from mer_zoo.files import write_atomically
from mer_zoo.zoo.registry import CARD

SECTIONS = ("data", "preprocessing", "network", "augmentation", "training", "start", "storage")
BEGUN = "begun.json"
STATE = ".training"
"""Folder within the one to write: what an interrupted call is resumed from."""


def refuse_existing(folder: Path, force: bool) -> Path:
    """Returns `folder` if an entry may be written there.

    Raises:
        OutputExistsError: it holds an entry and `force` is false.
    """
    folder = Path(folder)
    if (folder / CARD).exists() and not force:
        raise OutputExistsError(
            f"{folder} already holds a zoo entry. Choose another --out, or say --force to replace it."
        )
    return folder


def refuse_other_work(folder: Path, wanted: Mapping) -> None:
    """Records in `folder` what its work depends on, or compares it with the existing record.

    Args:
        folder: of the state of interrupted work.
        wanted: plain values.

    Raises:
        RecipeError: the work in the folder was started with other values.
    """
    wanted, file = json.loads(json.dumps(wanted)), folder / BEGUN
    if file.exists():
        refuse_differences(json.loads(file.read_text(encoding="utf-8")), wanted, folder)
    else:
        write_atomically(file, json.dumps(wanted, indent=1).encode())


def depends_on(recipe: Mapping, **facts) -> dict:
    """What trained networks depend on, as JSON returns it.

    Args:
        recipe: as a dictionary.
        facts: further plain values: digests of clips and images, backend, versions.
    """
    return json.loads(json.dumps({**facts, **{name: recipe.get(name) for name in SECTIONS}}))


def origin(clips: str, images: str) -> dict:
    """What trained networks depend on besides the recipe.

    Args:
        clips, images: digests of the training clips and of their images.
    """
    return {
        "clips": clips,
        "images": images,
        "backend": settings.backend(),
        "versions": settings.versions(),
    }


def refuse_differences(found: Mapping, wanted: Mapping, folder: Path) -> None:
    """Raises RecipeError, naming what differs, unless `found` in `folder` equals `wanted`."""
    if changed := differences(found, wanted):
        raise RecipeError(
            f"{folder} holds work that was begun differently ({', '.join(changed)} changed). Choose "
            "another folder; or delete this one, which throws away what was trained."
        )
