"""The images a recipe trains on: made once from its corpus, part by part, and kept in the cache."""

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mer_zoo.errors import NoFaceError
from mer_zoo.files import write_atomically
from mer_zoo.settings import home
from mer_zoo.synthesis import Corpus
from mer_zoo.training.recipe import Recipe

PART = 40  # identities; what an interrupted run loses at most


@dataclass(frozen=True)
class CorpusImages:
    """Images of a corpus with their records.

    Attributes:
        images: float16 `(N, S, S, C)`.
        table: structured `(N,)`, see `mer_zoo.synthesis.Corpus.images`.
        digest: digest of the corpus.
        description: the corpus in words, for the card.
    """

    images: np.ndarray
    table: np.ndarray
    digest: str
    description: str

    @cached_property
    def labels(self) -> list[str]:
        return self.table["label"].tolist()

    @property
    def identities(self) -> int:
        """Number of different identities."""
        return len(np.unique(self.table["identity"]))

    def split(self, name: str) -> "CorpusImages":
        """The part of one split: "train", "validation" or "test"; identities never overlap."""
        chosen = np.flatnonzero(self.table["split"] == name)
        if not len(chosen):
            raise NoFaceError(
                f"No identity of the corpus fell into the {name} split. Splits follow the hash of "
                "each photograph; give more photographs (some 30 at least)."
            )
        return CorpusImages(self.images[chosen], self.table[chosen], self.digest, self.description)


def corpus_images(
    recipe: Recipe, photos: Path, *, jobs: int = 2, progress: Callable[[str], None] = print
) -> CorpusImages:
    """The images of a recipe's corpus, from the cache as far as they were made before.

    Args:
        recipe: names schema, seed, clips per identity and modality.
        photos: folder of photographs, one identity each.
        jobs: processes.
        progress: called with lines of text.

    Raises:
        NoFaceError: no photograph can be used.
        RecipeError: the recipe is for real clips only.
    """
    data, _ = recipe.synthetic()
    corpus = _corpus(recipe, photos)
    settings = {
        "modality": recipe.preprocessing.modality,
        "parameters": recipe.preprocessing.parameters,
    }
    name = hashlib.sha256(
        json.dumps([corpus.digest, settings], sort_keys=True).encode()
    ).hexdigest()[:24]
    folder = home() / "corpora" / name
    paths = [identity.path for identity in corpus.identities]
    parts = [paths[i : i + PART] for i in range(0, len(paths), PART)]
    progress(f"{corpus}: {len(parts)} parts, kept in {folder}")
    made, skipped = [], []
    for number, part in enumerate(parts):
        file = folder / f"part{number:04d}.npz"
        if not file.exists():
            progress(f"part {number + 1} of {len(parts)}")
            _make_part(_corpus(recipe, part), settings, jobs, file)
        stored = np.load(file, allow_pickle=False)
        if len(stored["table"]):
            made.append((stored["images"], stored["table"]))
        skipped.extend(stored["skipped"].tolist())
    for line in skipped:
        progress(f"left out: {line}")
    if not made:
        raise NoFaceError(f"None of the {len(paths)} photographs in {photos} can be used.")
    images = np.concatenate([images for images, _ in made])
    table = np.concatenate([table for _, table in made])
    description = (
        f"synthetic-{data.schema} version {corpus.version}, seed {data.seed}, "
        f"{data.clips_per_identity} clips of each identity"
    )
    return CorpusImages(images, table, corpus.digest, description)


def _corpus(recipe, photos):
    data, _ = recipe.synthetic()
    return Corpus(
        photos,
        data.schema,
        seed=data.seed,
        clips_per_identity=data.clips_per_identity,
        size=recipe.preprocessing.face_size,
    )


def _make_part(corpus, settings, jobs, file):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            images, table = corpus.images(**settings, n_jobs=jobs)
            skipped = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
        except NoFaceError as error:
            images, table, skipped = np.zeros(0, np.float16), np.zeros(0), [str(error)]
    content = io.BytesIO()
    np.savez(content, images=images, table=table, skipped=np.array(skipped, dtype=np.str_))
    write_atomically(file, content.getvalue())
