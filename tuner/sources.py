"""Where a search's examples come from: training clips alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Examples, Learner
from mer_zoo.training.corpora import CorpusImages, Portraits, corpus_images
from mer_zoo.training.evaluating import examples_of, real_section
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.training.recipe import Recipe
from tuner.errors import LeakError

TRAIN = "train"


class Source(Protocol):
    """Makes the examples of a recipe.

    Attributes:
        section: the section on optimisation that the search trains with: "training" or
            "real.training".
        real: the clips show real people's expressions, not rendered ones.
        makes_images: the images can be made anew, so the search may change how.
    """

    section: str
    real: bool
    makes_images: bool

    def examples(self, recipe: Recipe) -> Examples:
        """The training examples with the images of this recipe."""


@dataclass(frozen=True)
class CorpusClips:
    """The training identities of a recipe's synthetic corpus, each a subject.

    Clips without an expression have no class, so they are left out; `mer-zoo train` uses them.
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
    section = "training"
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
        return corpus_examples(corpus_images(recipe, portraits, progress=self.progress), recipe)


def corpus_examples(corpus: CorpusImages, recipe: Recipe) -> Examples:
    """The clips of a corpus' training identities that show one of its classes."""
    from mer_zoo.synthesis.schemas import find_schema

    schema = find_schema(recipe.data.schema)
    train = corpus.split(TRAIN)
    names = list(schema.class_names)
    shown = np.flatnonzero(np.isin(train.table["label"], names))
    table = train.table[shown]
    return Examples(
        images=train.images[shown],
        labels=[names.index(label) for label in table["label"]],
        subjects=[f"synthetic/{identity}" for identity in table["identity"]],
        clips=[f"{row['identity']}#{row['clip']}" for row in table],
        class_names=schema.class_names,
        protocol=f"synthetic-{schema.name}",
        digest=corpus.digest,
        about=(("dataset", "synthetic"), ("split", TRAIN), ("corpus", corpus.description)),
    )


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

    dataset: object
    jobs: int = 1
    progress: bool = True
    section = "real.training"
    real = True
    makes_images = True

    def examples(self, recipe: Recipe) -> Examples:
        """See `Source.examples`.

        Raises:
            RecipeError: the recipe has no [real] section.
        """
        real_section(recipe)
        return examples_of(self.dataset, recipe, jobs=self.jobs, progress=self.progress)


@dataclass(frozen=True)
class GivenExamples:
    """Examples that are in memory already; their images stay as they are."""

    given: Examples
    section: str
    makes_images = False

    @property
    def real(self) -> bool:
        return self.section == "real.training"

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
        source = GivenExamples(source, "training" if recipe.real is None else "real.training")
    if source.section == "training":
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


def learner_of(recipe: Recipe, section: str) -> Learner:
    """The learner of a recipe with one of its sections on optimisation."""
    if section == "training":
        rendered = replace(recipe, augmentation=replace(recipe.augmentation, variants=1))
        return RecipeLearner.of(rendered, recipe.training)
    return RecipeLearner.of(recipe, recipe.real.training, recipe.real.start)
