"""Makes a table of results: trains or loads every row, and scores it on the same clips."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mer_zoo import settings
from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Result
from mer_zoo.evaluation.result import FILES
from mer_zoo.recipes.overrides import with_values
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.recipes.table import Condition, Table, folder_name
from mer_zoo.synthesis import Conditions
from mer_zoo.training.classes import score_seed
from mer_zoo.training.corpora import (
    HELD_OUT,
    Portraits,
    RenderedCorpus,
    corpus_digest,
    render_corpus,
)
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.training.precision import stated
from mer_zoo.training.resume import STATE, depends_on, refuse_differences
from mer_zoo.training.scoring import score_trained
from mer_zoo.training.seeds import fit_seeds
from mer_zoo.zoo import find, load


def make_table(
    table: Table,
    source: Portraits,
    folder: Path,
    *,
    mixed_precision: bool = False,
    progress: Callable[[str], None] = print,
) -> dict[str, Result]:
    """Trains every row and scores it; after an interruption the same call resumes.

    Args:
        table: what to compare.
        source: photographs, second rig, processes.
        folder: holds one folder per result, and the state of training.
        mixed_precision: train the rows in bfloat16; the record of each says so. Answers are float32, and
            rows that name an entry are not trained.
        progress: called with a line of text at each step.

    Returns:
        "row" -> its result on the held-out identities of the corpus, and "row, condition" -> its
        result under each condition.

    Raises:
        RecipeError: a change is impossible, or `folder` holds a row made with other settings, such
            as other photographs or another number of epochs.
    """
    variants = table.variants()
    results = {}
    for row in table.rows:
        recipe, mixed = variants[row.name], mixed_precision and not row.entry
        wanted = {c: folder / folder_name(_title(row.name, c)) for c in (None, *table.conditions)}
        missing = {c: place for c, place in wanted.items() if not (place / FILES[0]).exists()}
        made = {
            c: _read(place, recipe, row.entry, c, source, mixed)
            for c, place in wanted.items()
            if c not in missing
        }
        if missing:
            progress(f"== {row.name}")
            also = [v.preprocessing for v in variants.values() if _same_clips(v, recipe)]
            state = folder / STATE / wanted[None].name
            made |= _make_row(recipe, row.entry, source, missing, state, also, mixed, progress)
        results |= {_title(row.name, c): made[c] for c in wanted}
    return results


def _read(
    place: Path,
    recipe: Recipe,
    entry: str,
    condition: Condition | None,
    source: Portraits,
    mixed_precision: bool,
) -> Result:
    """A result that was made just so.

    Raises:
        RecipeError: it was made with another recipe, of other clips, in another precision, or with other
            weights of the entry.
    """
    result = Result.read(place)
    clips, given = _clips(recipe, condition)
    digest = corpus_digest(clips, source, given)
    made = {"backend": settings.backend(), "versions": settings.versions()}
    made |= stated(mixed_precision)
    about = result.about
    found = {name: about[name] for name in ("backend", "versions", "precision") if name in about}
    refuse_differences(
        depends_on(about["learner"], clips=about["corpus"], weights=about["weights"], **found),
        depends_on(recipe.to_dict(), clips=digest, weights=_weights(entry), **made),
        place,
    )
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
    recipe, entry, source, places, state, also, mixed_precision, progress
) -> dict[Condition | None, Result]:
    """Trains a row or loads its entry, and scores it under each condition into its place."""
    corpus = render_corpus(recipe, source, also=also, progress=progress)
    started = time.perf_counter()
    if entry:
        networks = {recipe.training.seeds[0]: _shipped(entry, corpus)}
    else:
        recipe.refuse_units("A table of results")
        seeds = fit_seeds(recipe, corpus, state, None, mixed_precision, progress)
        scored = [score_seed(recipe, corpus, *trained, state, progress) for trained in seeds]
        networks = {result.seed: result.fitted for result in scored}
    seconds = time.perf_counter() - started
    made = {}
    for condition, place in places.items():
        clips = corpus
        if condition is not None:
            rendered, given = _clips(recipe, condition)
            clips = render_corpus(rendered, source, also=also, conditions=given, progress=progress)
        facts = {"weights": _weights(entry), **stated(mixed_precision)}
        result = _score(recipe, networks, clips, seconds, facts)
        result.save(place)
        progress(f"{place.name}: UF1 {result.uf1:.3f}, majority {result.majority.uf1:.3f}")
        made[condition] = result
    return made


def _score(recipe, networks, corpus: RenderedCorpus, seconds: float, facts: dict) -> Result:
    """The answers to the expressions of identities that no network has seen.

    Clips without an expression are left out: no class is right for them.
    """
    test = corpus.examples("test")
    return score_trained(
        networks,
        test.part(np.flatnonzero(test.is_expression)),
        split=HELD_OUT,
        fold="held out",
        learner=recipe.to_dict(),
        fit_seconds=seconds,
        facts={
            "corpus": corpus.digest,
            "training_clips": int((corpus.records["split"] == "train").sum()),
            **facts,
        },
    )


def _shipped(name: str, data: RenderedCorpus) -> FittedNetwork:
    """The network of an entry that was trained on the training identities of this very corpus."""
    model = load(name)
    if model.card.trained_on.digest != data.digest:
        raise RecipeError(
            f"{name} was trained on another corpus ({model.card.trained_on.digest[:12]}) than its recipe "
            f"makes of these photographs ({data.digest[:12]}): it may have seen identities that would "
            "be held out here. Give the photographs it was trained on, or train it again (a base in place "
            "of the entry)."
        )
    return FittedNetwork(model.network, model.card.preprocessing.image_size)


def _same_clips(first: Recipe, second: Recipe) -> bool:
    return (
        first.data == second.data
        and first.preprocessing.face_size == second.preprocessing.face_size
    )


def _title(row: str, condition: Condition | None) -> str:
    return row if condition is None else f"{row}, {condition.name}"
