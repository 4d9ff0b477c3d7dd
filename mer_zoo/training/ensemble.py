"""Ensembles: several networks of one recipe that answer together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo import modalities
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.examples import Predict
from mer_zoo.evaluation.scoring import fold_seed
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.training.learner import FittedNetwork, RecipeLearner


@dataclass(frozen=True)
class FittedEnsemble:
    """Trained networks; the answer is the mean of their probabilities for an image and its mirror image.

    Attributes:
        networks: the members.
        preprocessing: how the images were made, which says how they are mirrored.
    """

    networks: tuple[FittedNetwork, ...]
    preprocessing: Preprocessing

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of many images, float32 `(N, classes)`."""
        made = self.preprocessing
        mirrored = modalities.flip(made.modality, images, **made.parameters)
        answers = [n.predict(shown) for n in self.networks for shown in (images, mirrored)]
        return np.stack(answers).mean(axis=0)

    def save(self, path: Path) -> None:
        """Raises EvaluationError: an entry is a single network."""
        raise EvaluationError(
            f"An ensemble of {len(self.networks)} networks cannot be kept as {path}. Leave out members."
        )


@dataclass(frozen=True)
class EnsembleLearner:
    """Trains members that differ only in their seeds, on the same examples.

    Attributes:
        learner: of one member.
        members: how many.
    """

    learner: RecipeLearner
    members: int

    def __post_init__(self):
        if self.members < 2:
            raise EvaluationError(
                f"members is {self.members}: expected 2 or more networks, or 1 for a single one."
            )

    def describe(self) -> dict:
        """As the member's, with their number."""
        return {**self.learner.describe(), "members": self.members}

    @property
    def selected_on(self) -> frozenset[str]:
        """The subjects whose scores decided the hyperparameters of a member."""
        return self.learner.selected_on

    def fit(
        self, examples: Examples, seed: int, watch: Callable[[Predict], None] | None = None
    ) -> FittedEnsemble:
        """See `mer_zoo.evaluation.Learner.fit`.

        Raises:
            EvaluationError: `watch` is given; members are trained one after the other, so an ensemble
                has no epochs.
        """
        if watch is not None:
            raise EvaluationError(
                "The members of an ensemble are trained one after the other, so it has no epoch to "
                "choose on the test subject. Leave out oracle, or members."
            )
        seeds = [fold_seed(seed, f"member {number}") for number in range(self.members)]
        networks = tuple(self.learner.fit(examples, each) for each in seeds)
        return FittedEnsemble(networks, self.learner.preprocessing)
