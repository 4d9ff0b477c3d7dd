"""A learner without a network, examples and a place for searches, importable by other processes."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.recipes import Recipe


@dataclass(frozen=True)
class Means:
    means: np.ndarray

    def predict(self, images):
        distance = ((images[:, None] - self.means) ** 2).sum(axis=(2, 3, 4))
        values = np.exp(-(distance - distance.min(1, keepdims=True)))
        return values / values.sum(1, keepdims=True)


@dataclass(frozen=True)
class NoisyMeans:
    """Means of the classes, and noise that grows with the learning rate.

    It writes down whom it was shown, in a file a fit. With `dies_at`, the fit of that number, from 0,
    kills the process; with `fails_from`, an error ends every fit from that number on. A fit takes
    `seconds` longer than it needs.
    """

    diary: str
    learning_rate: float
    dies_at: int = -1
    fails_from: int = 10**6
    seconds: float = 0.0

    def fit(self, examples, seed, watch=None):
        (Path(self.diary) / f"{os.getpid()}.pid").touch()
        count = len(list(Path(self.diary).glob("*.txt")))
        if count == self.dies_at:
            os.kill(os.getpid(), 9)
        if count >= self.fails_from:
            raise ValueError("the network does not fit the image")
        names = " ".join(sorted(set(examples.subjects.tolist())))
        # Two workers may count alike at the same time.
        (Path(self.diary) / f"{count:04d}-{os.getpid()}.txt").write_text(names)
        time.sleep(self.seconds)
        rng = np.random.default_rng(seed)
        classes = range(len(examples.class_names))
        means = np.stack([examples.images[examples.labels == c].mean(0) for c in classes])
        return Means(means + 100 * self.learning_rate * rng.normal(size=means.shape))


def noisy_means(diary, **options):
    """Makes the learner of a recipe."""

    def learner(recipe: Recipe) -> NoisyMeans:
        return NoisyMeans(str(diary), recipe.training.learning_rate, **options)

    return learner


def toy_examples(rows=48, side=12, seed=3):
    """Images whose class is the half with the bump, six subjects."""
    from mer_zoo.evaluation import Examples

    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    images = 0.3 * rng.normal(size=(rows, side, side, 3)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[label * 6 : label * 6 + 6] += 0.1
    subjects = [f"toy/s{i % 6}" for i in range(rows)]
    return Examples(images, labels, subjects, [f"c{i:02d}" for i in range(rows)], ("up", "down"))


class Place:
    """An empty folder with a database, and searches that stay in it.

    Args:
        folder: the folder.
        migrated: an empty database to copy; without it, the folder has one.
    """

    def __init__(self, folder: Path, migrated: Path | None = None):
        self.folder = Path(folder)
        self.diary = self.folder / "diary"
        self.diary.mkdir(parents=True, exist_ok=True)
        if migrated is not None:
            shutil.copy(migrated, self.folder / "mlflow.db")

    @property
    def fits(self) -> list[str]:
        """Whom each fit was shown."""
        return [file.read_text() for file in sorted(self.diary.glob("*.txt"))]

    def search(self, recipe, examples=None, *, dies_at=-1, fails_from=10**6, **options):
        """Four trials of two folds, unless told otherwise."""
        import tuner

        given = {
            "trials": 4,
            "algorithm": "bayesian",
            "seed": 5,
            "folds": 2,
            "project": self.folder / "project",
            "tracking_uri": f"sqlite:///{self.folder / 'mlflow.db'}",
            "learner": noisy_means(self.diary, dies_at=dies_at, fails_from=fails_from),
            "progress": False,
        }
        return tuner.search(recipe, examples or toy_examples(), **{**given, **options})

    def join(self, recipe, address) -> int:
        """Works for a search in this place and in its store, slowly enough to be killed meanwhile."""
        import tuner

        return tuner.join(
            recipe,
            toy_examples(),
            address,
            learner=noisy_means(self.diary, seconds=0.3),
        )
