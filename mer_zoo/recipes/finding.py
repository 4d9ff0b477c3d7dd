"""Finding recipes: a path, or the name of one that is packaged."""

from pathlib import Path

from mer_zoo.errors import UnknownNameError
from mer_zoo.recipes.recipe import Recipe

PACKAGED = Path(__file__).resolve().parent  # in an installed package
CHECKOUT = Path(__file__).resolve().parents[2] / "recipes"  # in a checkout


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe.

    Args:
        name: a path ending in `.toml`, or the name of a recipe of this project, which is the name of
            the zoo entry it regenerates: `"meganet_casme2"`.

    Raises:
        UnknownNameError: there is no recipe of this name.
    """
    if str(name).endswith(".toml"):
        return Path(name)
    known = {file.stem: file for folder in (CHECKOUT, PACKAGED) for file in folder.glob("*.toml")}
    if str(name) not in known:
        raise UnknownNameError.among("recipe", str(name), known)
    return known[str(name)]


def read_recipe(recipe: Recipe | str | Path) -> Recipe:
    """The recipe of this name or path; a `Recipe` is handed back as it is.

    Example:
        >>> from mer_zoo.recipes import read_recipe
        >>> read_recipe("meganet_casme2").network.name
        'MEGANet'
    """
    return recipe if isinstance(recipe, Recipe) else Recipe.read(find_recipe(recipe))
