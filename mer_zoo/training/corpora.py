"""The images a recipe trains on: made once from its corpus, part by part, and kept in the cache."""

import hashlib
import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mer_zoo.errors import NoFaceError
from mer_zoo.files import write_atomically
from mer_zoo.modalities import with_defaults
from mer_zoo.settings import home
from mer_zoo.synthesis import Conditions, Corpus
from mer_zoo.training.recipe import Recipe
from mer_zoo.zoo.cards import Preprocessing

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
        return self.part(chosen)

    def part(self, rows: np.ndarray) -> "CorpusImages":
        """The clips of these rows."""
        return CorpusImages(self.images[rows], self.table[rows], self.digest, self.description)


@dataclass(frozen=True)
class Portraits:
    """Where clips are made from.

    Attributes:
        photos: folder of photographs, one identity each.
        ict_file: the second face rig, for recipes that name it; see `mer_zoo.synthesis.ict`.
        jobs: processes.
    """

    photos: Path
    ict_file: Path | None = None
    jobs: int = 2


def corpus_images(
    recipe: Recipe,
    source: Portraits,
    *,
    also: Sequence[Preprocessing] = (),
    conditions: Conditions | None = None,
    progress: Callable[[str], None] = print,
) -> CorpusImages:
    """The images of a recipe's corpus, from the cache as far as they were made before.

    Args:
        recipe: names schema, seed, clips per identity, rigs and modality.
        source: photographs, second rig, processes.
        also: other images to make of the same clips while they are rendered, for recipes to come;
            of the same `face_size`.
        conditions: make the clips of the held-out identities alone, and under these conditions.
        progress: called with lines of text.

    Raises:
        NoFaceError: no photograph can be used.
        RecipeError: the recipe is for real clips only.
    """
    data, _ = recipe.synthetic()
    corpus = _corpus(recipe, source, source.photos, conditions)
    paths = [
        identity.path
        for identity in corpus.identities
        if conditions is None or identity.split == "test"
    ]
    kinds = {_folder(corpus, p.modality, p.parameters): p for p in (recipe.preprocessing, *also)}
    folders = list(kinds)
    parts = [paths[i : i + PART] for i in range(0, len(paths), PART)]
    progress(f"{corpus}: {len(parts)} parts, kept in {folders[0]}")
    made, skipped = [], []
    for number, part in enumerate(parts):
        name = f"part{number:04d}.npz"
        missing = [folder for folder in folders if not (folder / name).exists()]
        if missing:
            progress(f"part {number + 1} of {len(parts)}")
            _make_part(
                _corpus(recipe, source, part, conditions),
                [(kinds[folder].modality, kinds[folder].parameters) for folder in missing],
                source.jobs,
                [folder / name for folder in missing],
            )
        stored = np.load(folders[0] / name, allow_pickle=False)
        if len(stored["table"]):
            made.append((stored["images"], stored["table"]))
        skipped.extend(stored["skipped"].tolist())
    for line in skipped:
        progress(f"left out: {line}")
    if not made:
        raise NoFaceError(f"None of the {len(paths)} photographs in {source.photos} can be used.")
    images = np.concatenate([images for images, _ in made])
    table = np.concatenate([table for _, table in made])
    description = (
        f"synthetic-{data.schema} version {corpus.version}, seed {data.seed}, "
        f"{data.clips_per_identity} clips of each identity, face rigs {' and '.join(corpus.rigs)}"
    )
    return CorpusImages(images, table, corpus.digest, description)


def corpus_digest(recipe: Recipe, source: Portraits, conditions: Conditions | None = None) -> str:
    """The digest that `corpus_images` gives, without rendering anything."""
    return _corpus(recipe, source, source.photos, conditions).digest


def _folder(corpus: Corpus, modality: str, parameters: dict) -> Path:
    settings = {"modality": modality, "parameters": with_defaults(modality, parameters)}
    content = json.dumps([corpus.digest, settings], sort_keys=True).encode()
    return home() / "corpora" / hashlib.sha256(content).hexdigest()[:24]


def _corpus(recipe, source, photos, conditions):
    data, _ = recipe.synthetic()
    return Corpus(
        photos,
        data.schema,
        seed=data.seed,
        clips_per_identity=data.clips_per_identity,
        size=recipe.preprocessing.face_size,
        rigs=data.rigs,
        ict_file=source.ict_file,
        conditions=conditions,
    )


def _make_part(corpus, kinds, jobs, files):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            sets, table = corpus.image_sets(kinds, n_jobs=jobs)
            skipped = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
        except NoFaceError as error:
            sets, table, skipped = [np.zeros(0)] * len(kinds), np.zeros(0), [str(error)]
    for images, file in zip(sets, files, strict=True):
        content = io.BytesIO()
        np.savez(content, images=images, table=table, skipped=np.array(skipped, dtype=np.str_))
        write_atomically(file, content.getvalue())
