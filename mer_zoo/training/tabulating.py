"""Making a table of results: every row trained, or loaded, and scored on the same held-out clips."""

import time
from collections.abc import Callable
from pathlib import Path

import keras

from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Result
from mer_zoo.evaluation.result import FILES
from mer_zoo.synthesis import Conditions
from mer_zoo.synthesis.schemas import find_schema
from mer_zoo.training.changed import with_values
from mer_zoo.training.corpora import CorpusImages, Portraits, corpus_digest, corpus_images
from mer_zoo.training.going_on import depends_on, refuse_other
from mer_zoo.training.held_out import held_out_result
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.seeds import train_seeds
from mer_zoo.training.table import Condition, Table, folder_name
from mer_zoo.zoo import find, load


def make_table(
    table: Table, source: Portraits, folder: Path, *, progress: Callable[[str], None] = print
) -> dict[str, Result]:
    """Trains every row and scores it; interrupted, the same call goes on where it was.

    Args:
        table: what to compare.
        source: photographs, second rig, processes.
        folder: keeps the results, a folder each, and the state of training.
        progress: called with a line of text at each step.

    Returns:
        "row" -> its result on the held-out identities of the corpus, and "row, condition" -> its
        result under each condition.

    Raises:
        RecipeError: a change is impossible, or `folder` holds a row that was made otherwise, for
            instance with other photographs or another number of epochs.
    """
    variants = table.variants()
    results = {}
    for row in table.rows:
        recipe = variants[row.name]
        wanted = {c: folder / folder_name(_title(row.name, c)) for c in (None, *table.conditions)}
        missing = {c: place for c, place in wanted.items() if not (place / FILES[0]).exists()}
        made = {
            c: _read(place, recipe, row.entry, c, source)
            for c, place in wanted.items()
            if c not in missing
        }
        if missing:
            progress(f"== {row.name}")
            also = [v.preprocessing for v in variants.values() if _same_clips(v, recipe)]
            state = folder / ".training" / wanted[None].name
            made |= _make_row(recipe, row.entry, source, missing, state, also, progress)
        results |= {_title(row.name, c): made[c] for c in wanted}
    return results


def _read(
    place: Path, recipe: Recipe, entry: str, condition: Condition | None, source: Portraits
) -> Result:
    """A result that was made just so.

    Raises:
        RecipeError: it was made with another recipe, of other clips, or with other weights of the entry.
    """
    result = Result.read(place)
    clips, given = _clips(recipe, condition)
    digest = corpus_digest(clips, source, given)
    found = depends_on(result.about["learner"], result.about["corpus"])
    found["weights"] = result.about.get("weights", "")
    wanted = {**depends_on(recipe.to_dict(), digest), "weights": _weights(entry)}
    refuse_other(found, wanted, place)
    return result


def _weights(entry: str) -> str:
    return find(entry).card.weights.sha256 if entry else ""


def _clips(recipe: Recipe, condition: Condition | None) -> tuple[Recipe, Conditions | None]:
    """The recipe of the clips to score on, and what is fixed about them."""
    if condition is None:
        return recipe, None
    fewer = with_values(recipe, {"data.clips_per_identity": condition.clips_per_identity})
    return fewer, condition.fixed()


def _make_row(
    recipe, entry, source, places, state, also, progress
) -> dict[Condition | None, Result]:
    """Trains a row or loads its entry, and scores it under each condition into its place."""
    classes = list(find_schema(recipe.data.schema).class_names)
    data = corpus_images(recipe, source, also=also, progress=progress)
    started = time.perf_counter()
    if entry:
        networks = {recipe.training.seeds[0]: _shipped(entry, data)}
    else:
        trained = train_seeds(recipe, data, classes, state, progress=progress)
        networks = {result.seed: result.network for result in trained}
    seconds = time.perf_counter() - started
    made = {}
    for condition, place in places.items():
        clips = data
        if condition is not None:
            rendered, given = _clips(recipe, condition)
            clips = corpus_images(rendered, source, also=also, conditions=given, progress=progress)
        result = held_out_result(
            recipe, networks, clips, classes, fit_seconds=seconds, weights=_weights(entry)
        )
        result.save(place)
        progress(f"{place.name}: UF1 {result.uf1:.3f}, majority {result.majority.uf1:.3f}")
        made[condition] = result
    return made


def _shipped(name: str, data: CorpusImages) -> keras.Model:
    """The network of an entry that was trained on the training identities of this very corpus."""
    model = load(name)
    if model.card.trained_on.digest != data.digest:
        raise RecipeError(
            f"{name} was trained on another corpus ({model.card.trained_on.digest[:12]}) than its recipe "
            f"makes of these photographs ({data.digest[:12]}): it may have seen identities that would "
            "be held out here. Give the photographs it was trained on, or train it anew (a base in place "
            "of the entry)."
        )
    return model.network


def _same_clips(first: Recipe, second: Recipe) -> bool:
    return (
        first.data == second.data
        and first.preprocessing.face_size == second.preprocessing.face_size
    )


def _title(row: str, condition: Condition | None) -> str:
    return row if condition is None else f"{row}, {condition.name}"
