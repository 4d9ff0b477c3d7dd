"""What every process of a search needs before its first trial, whichever part it has in it."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mer_zoo.evaluation import Examples, Learner
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.recipes.search_space import Choice
from mer_zoo.settings import backend, versions
from mer_zoo.tracking.store import Store
from mer_zoo.tracking.tracker import experiment_of
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.training.precision import stated
from tuner.errors import SearchRefusedError
from tuner.objective import Objective
from tuner.progress import Lines
from tuner.records import SearchRecord
from tuner.settings import Settings
from tuner.sources import Source
from tuner.space import Space
from tuner.trial import TrialRunner

INNER = "-nested"


@dataclass(frozen=True, eq=False)
class Prepared:
    """The space, the clips and the folds of a search, checked.

    Attributes:
        space: of the search.
        source: of the examples.
        settings: of the search.
        examples: with the images of the recipe as it is.
        objective: the folds.
        store: where runs are kept.
        learner: makes the learner of a trial's recipe.
    """

    space: Space
    source: Source
    settings: Settings
    examples: Examples
    objective: Objective
    store: Store
    learner: Callable[[Recipe], Learner]

    @cached_property
    def images(self) -> str:
        """Digest of the images of the recipe as it is."""
        return self.examples.images_digest()

    @property
    def facts(self) -> dict:
        """Short plain values for the run of the search."""
        return {
            "recipe": self.space.recipe.name,
            "section": self.space.section,
            "algorithm": self.settings.algorithm,
            "seed": self.settings.seed,
            "folds": self.settings.folds,
            "examples": self.examples.digest,
            "images": self.images,
            "backend": backend(),
            **stated(self.settings.mixed_precision),
        }

    @property
    def plan(self) -> dict:
        """Plain values that name everything the trials depend on, and where their runs are kept."""
        return {
            **self.facts,
            "recipe": self.space.recipe.content,
            "versions": versions(),
            "folds": self.objective.hash,
            "tracking_uri": self.store.uri,
        }

    @property
    def digest(self) -> str:
        """sha256 of what all workers of a search must agree on; a server may go by several names."""
        shared = {key: value for key, value in self.plan.items() if key != "tracking_uri"}
        return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return len(np.unique(self.examples.subjects))

    def record(self, name: str) -> SearchRecord:
        """The runs of the search of this name.

        A search that holds subjects out is a part of a nested one. Its trials are scored on other
        clips, so they are kept in an experiment of their own.
        """
        experiment = experiment_of(self.examples)
        return SearchRecord(
            self.store, experiment + INNER if self.settings.held_out else experiment, name
        )

    def runner(self, record: SearchRecord, lines: Lines) -> TrialRunner:
        """Runs trials by number."""
        learner = self.learner
        if self.settings.mixed_precision:

            def learner(trial):
                return _in_mixed_precision(self.learner(trial))

        return TrialRunner(
            self.space, self.source, self.examples, self.objective, record, learner, lines
        )


def checked_space(recipe: Recipe, source: Source) -> Space:
    """The search space of a recipe.

    Raises:
        RecipeError: see `Space`.
        SearchRefusedError: a key changes images that cannot be made anew.
        EvaluationError: weights to start with saw real clips.
    """
    space = Space(recipe, source.section)
    _check_images(space, source)
    _check_starts(space)
    return space


def prepare(
    space: Space,
    source: Source,
    settings: Settings,
    tracking_uri: str | None,
    learner: Callable[[Recipe], Learner] | None,
) -> Prepared:
    """Makes the examples and their folds.

    Raises:
        LeakError, EvaluationError, TrackingError: see `tuner.search`.
    """
    examples = source.examples(space.recipe)
    return Prepared(
        space,
        source,
        settings,
        examples,
        Objective(examples, settings.folds, settings.seed, settings.held_out),
        Store.at(tracking_uri),
        learner or (lambda trial: RecipeLearner.of(trial, space.section)),
    )


def _in_mixed_precision(learner: Learner) -> RecipeLearner:
    """The same learner, training in bfloat16.

    Raises:
        SearchRefusedError: it is not of a recipe, so its network is not known here.
    """
    if not isinstance(learner, RecipeLearner):
        raise SearchRefusedError(
            f"mixed_precision=True is for the networks of recipes, and {type(learner).__name__} is a "
            "learner of its own. Leave it out, and let the learner choose how it computes."
        )
    return dataclasses.replace(learner, mixed_precision=True)


def _check_images(space, source):
    if space.changes_images and not source.makes_images:
        raise SearchRefusedError(
            f"{space.changes_images[0]} changes the images of the clips, but finished images were "
            "given. Leave it out of search.space, or search on clips (CorpusClips, DatasetClips)."
        )


def _check_starts(space):
    """Weights that saw real clips may have seen those a fold holds out."""
    recipe, searched = space.recipe, space.ranges.get("real.start")
    if space.section != "real.training":
        return
    for start in searched.values if isinstance(searched, Choice) else [recipe.real.start]:
        real = dataclasses.replace(recipe.real, start=start)
        RecipeLearner.of(dataclasses.replace(recipe, real=real), space.section).check()
