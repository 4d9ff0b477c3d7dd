"""Where a search's examples come from: training clips alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from mer_zoo.datasets import Dataset
from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Examples
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.corpora import Portraits, render_corpus, training_examples
from mer_zoo.training.learner import REAL, SYNTHETIC, RecipeLearner
from tuner.errors import LeakError


class Source(Protocol):
    """Makes the examples of a recipe.

    Attributes:
        section: the section on optimisation that the search trains with: "training" or
            "real.training".
        real: the clips show real people's expressions, not rendered ones.
        makes_images: the images can be made anew, so the search may change how.
    """

    @property
    def section(self) -> str: ...

    @property
    def real(self) -> bool: ...

    @property
    def makes_images(self) -> bool: ...

    def examples(self, recipe: Recipe) -> Examples:
        """The training examples with the images of this recipe."""


@dataclass(frozen=True)
class CorpusClips:
    """The training identities of a recipe's synthetic corpus, each a subject.

    Clips without an expression are trained on, as `mer-zoo train` does, and have no class to score.
    The identities of the validation and test splits are never handed on: the card's scores are
    theirs.

    Attributes:
        photos: folder of photographs, one identity each.
        jobs: processes that make the images.
        ict_file: the second face rig, for recipes that name it.
        progress: called with lines of text.
    """

    photos: Path
    jobs: int = 2
    ict_file: Path | None = None
    progress: Callable[[str], None] = print
    section = SYNTHETIC
    real = False
    makes_images = True

    def examples(self, recipe: Recipe) -> Examples:
        """See `Source.examples`.

        Raises:
            RecipeError: the recipe has no synthetic corpus.
            NoFaceError: no photograph can be used.
        """
        recipe.synthetic()
        portraits = Portraits(self.photos, self.ict_file, self.jobs)
        corpus = render_corpus(recipe, portraits, progress=self.progress)
        return training_examples(recipe, corpus)


@dataclass(frozen=True)
class DatasetClips:
    """All clips of a dataset's protocol.

    A search on them chooses hyperparameters on the subjects that leave-one-subject-out then tests:
    the score of its winner says so in its label.

    Attributes:
        dataset: a loaded `mer_zoo.datasets.Dataset`.
        jobs: processes that make the images.
        progress: show a bar meanwhile.
    """

    dataset: Dataset
    jobs: int = 1
    progress: bool = True
    section = REAL
    real = True
    makes_images = True

    def examples(self, recipe: Recipe) -> Examples:
        """See `Source.examples`.

        Raises:
            RecipeError: the recipe has no [real] section.
        """
        learner = RecipeLearner.of(recipe, REAL)
        return learner.examples_of(self.dataset, jobs=self.jobs, progress=self.progress)


@dataclass(frozen=True)
class GivenExamples:
    """Examples that are in memory already; their images stay as they are.

    They count as real people's: nothing says that they are not.
    """

    given: Examples
    section: str
    real = True
    makes_images = False

    def examples(self, recipe: Recipe) -> Examples:
        return self.given


@dataclass(frozen=True)
class TrainingPart:
    """The clips of a source without those of some subjects, who are held out.

    Attributes:
        source: of all clips.
        held_out: subjects, as `dataset/id`.
    """

    source: Source
    held_out: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.source.section

    @property
    def real(self) -> bool:
        return self.source.real

    @property
    def makes_images(self) -> bool:
        return self.source.makes_images

    def examples(self, recipe: Recipe) -> Examples:
        """See `Source.examples`."""
        found = self.source.examples(recipe)
        return found.part(np.flatnonzero(~np.isin(found.subjects, self.held_out)))


def as_source(source: Source | Examples, recipe: Recipe) -> Source:
    """Examples become a source; they train with the recipe's [real.training] where there is one.

    Raises:
        RecipeError: the recipe lacks the section on optimisation.
        LeakError: it starts from weights that have seen the identities to be held out.
    """
    if isinstance(source, Examples):
        source = GivenExamples(source, SYNTHETIC if recipe.real is None else REAL)
    if source.section == SYNTHETIC:
        recipe.synthetic()
        if recipe.start:
            raise LeakError(
                f"The recipe {recipe.name} starts from {recipe.start}, whose weights have seen the "
                "identities that a search on synthetic clips would hold out. Search the recipe of "
                f"{recipe.start}, or on real clips (--root)."
            )
    elif recipe.real is None:
        raise RecipeError(
            f"The recipe {recipe.name} has no [real] section, so it does not say how to train on "
            "real clips. Add one, or search on synthetic clips (--photos)."
        )
    return source
