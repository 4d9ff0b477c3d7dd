"""Work that was interrupted goes on with the recipe and the clips it was begun with, or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path

from mer_zoo.errors import RecipeError
from mer_zoo.files import write_atomically
from mer_zoo.training.recipe import Recipe

SECTIONS = ("data", "preprocessing", "network", "augmentation", "training", "start", "storage")
BEGUN = "begun.json"


def going_on(folder: Path, recipe: Recipe, digest: str) -> None:
    """Keeps in `folder` what training depends on, or compares it with what is kept there.

    Further seeds may be added later: each is trained on its own.

    Raises:
        RecipeError: what the folder holds was begun otherwise.
    """
    wanted = depends_on(recipe.to_dict(), digest)
    del wanted["training"]["seeds"]
    file = folder / BEGUN
    if file.exists():
        refuse_other(json.loads(file.read_text(encoding="utf-8")), wanted, folder)
    else:
        write_atomically(file, json.dumps(wanted, indent=1).encode())


def depends_on(recipe: Mapping, digest: str) -> dict:
    """What trained networks and their scores depend on, of a recipe as a dictionary and its clips.

    Values are as JSON gives them back.
    """
    return json.loads(
        json.dumps({"clips": digest, **{name: recipe.get(name) for name in SECTIONS}})
    )


def refuse_other(found: Mapping, wanted: Mapping, folder: Path) -> None:
    """Raises RecipeError, naming what differs, where `found` in `folder` is not what is `wanted`."""
    if different := sorted(_differences(found, wanted)):
        raise RecipeError(
            f"{folder} holds what was trained otherwise ({', '.join(different)} changed). Choose "
            "another folder; or delete this one, which throws away what was trained."
        )


def _differences(found, wanted, prefix=""):
    for key in {*found, *wanted}:
        old, new = found.get(key), wanted.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield prefix + key
