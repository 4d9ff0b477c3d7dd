"""The examples of a synthetic corpus: rendered once, in parts, and cached."""

import hashlib
import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mer_zoo.action_units import OUTPUTS, target_row
from mer_zoo.errors import NoFaceError
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.examples import NEUTRAL
from mer_zoo.faces.engines import engine_identity
from mer_zoo.files import write_atomically
from mer_zoo.modalities import with_defaults
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.settings import home
from mer_zoo.synthesis import Conditions, Corpus
from mer_zoo.synthesis.expressions.schemas import NONE, find_schema

HELD_OUT = "held-out identities"
"""The split of a corpus that every score is of, in words."""

PART = 40  # identities; the most that an interrupted run loses


@dataclass(frozen=True)
class Portraits:
    """The material that clips are rendered from.

    Attributes:
        photos: folder of photographs, one identity each.
        ict_file: the second face rig, for recipes that name it; see `mer_zoo.synthesis.rigs.ict`.
        jobs: processes.
    """

    photos: Path
    ict_file: Path | None = None
    jobs: int = 2


@dataclass(frozen=True, eq=False)
class RenderedCorpus:
    """The images of a corpus and the records of its clips.

    Attributes:
        images: float16 `(N, S, S, C)`.
        records: structured `(N,)`, see `mer_zoo.synthesis.Corpus.images`.
        class_names: the classes of the schema.
        digest: SHA-256 that names the corpus.
        description: the corpus in words, for the card.
        makings: as `images`, made of the same clips in other ways (`Augmentation.makings`). They are
            trained on, never scored.
    """

    images: np.ndarray
    records: np.ndarray
    class_names: tuple[str, ...]
    digest: str
    description: str
    makings: tuple[np.ndarray, ...] = ()

    def rows(self, split: str) -> np.ndarray:
        """The row numbers of "train", "validation" or "test". Each identity is in only one of them.

        Raises:
            NoFaceError: there is none.
        """
        chosen = np.flatnonzero(self.records["split"] == split)
        if not len(chosen):
            raise NoFaceError(
                f"No identity of the corpus fell into the {split} split. Splits follow the hash of "
                "each photograph; give more photographs (some 30 at least)."
            )
        return chosen

    def examples(self, split: str, rig: str = "") -> Examples:
        """The clips of a split, including those without an expression; subjects are `rig/identity`.

        Args:
            split: "train", "validation" or "test".
            rig: use only the identities animated by this face rig; empty for all.

        Raises:
            NoFaceError: there is no such clip.
        """
        index = {name: i for i, name in enumerate(self.class_names)} | {NONE: NEUTRAL}
        records = self._records(split, rig)
        labels = np.array([index[label] for label in records["label"]])
        return self._examples(split, rig, labels=labels, class_names=self.class_names)

    def unit_examples(self, split: str, rig: str = "") -> Examples:
        """As `examples`, for action units: `targets` are those of `mer_zoo.action_units.OUTPUTS`.

        A person who talks shows no unit but those of an expression beneath the speech.
        """
        targets = _unit_targets(self._records(split, rig))
        labels = np.where(targets.any(axis=1), 0, NEUTRAL)
        return self._examples(split, rig, labels=labels, class_names=OUTPUTS, targets=targets)

    def _records(self, split: str, rig: str) -> np.ndarray:
        return self.records[self._chosen(split, rig)]

    def _chosen(self, split: str, rig: str) -> np.ndarray:
        rows = self.rows(split)
        return rows[self.records["rig"][rows] == rig] if rig else rows

    def _examples(self, split: str, rig: str, **facts) -> Examples:
        records = self._records(split, rig)
        chosen = self._chosen(split, rig)
        images = self.images[chosen]
        if split == "train" and self.makings:
            images = np.stack([images, *(made[chosen] for made in self.makings)], axis=1)
        return Examples(
            images=images,
            subjects=np.char.add(np.char.add(records["rig"], "/"), records["identity"]),
            clips=np.array([f"{record['identity']}/{record['clip']}" for record in records]),
            protocol=self.description,
            about=(("dataset", "synthetic"), ("corpus_split", split)),
            **facts,
        )


def _unit_targets(records: np.ndarray) -> np.ndarray:
    rows = [target_row(text.split("+")) for text in records["action_units"].tolist()]
    return np.stack(rows)


def render_corpus(
    recipe: Recipe,
    source: Portraits,
    *,
    also: Sequence[Preprocessing] = (),
    conditions: Conditions | None = None,
    progress: Callable[[str], None] = print,
) -> RenderedCorpus:
    """The images of a recipe's corpus. Parts that were rendered before come from the cache.

    Args:
        recipe: names schema, seed, clips per identity, rigs and modality.
        source: photographs, second rig, processes.
        also: other images to make of the same clips in the same pass, for later recipes with the
            same `face_size`.
        conditions: render only the clips of the held-out identities, under these conditions.
        progress: called with lines of text.

    Raises:
        NoFaceError: no photograph can be used.
        RecipeError: the recipe is for real clips only.
    """
    data, _ = recipe.synthetic()
    corpus = corpus_of(recipe, source, conditions=conditions)
    paths = [
        identity.path
        for identity in corpus.identities
        if conditions is None or identity.split == "test"
    ]
    own = [recipe.preprocessing, *makings(recipe)] if conditions is None else [recipe.preprocessing]
    wanted = [*own, *also]
    folders = [_folder(corpus, made) for made in wanted]
    kinds = dict(zip(folders, wanted, strict=True))  # two of them may be the same
    parts = [paths[i : i + PART] for i in range(0, len(paths), PART)]
    progress(f"{corpus}: {len(parts)} parts, kept in {folders[0]}")
    made, skipped = [], []
    for number, part in enumerate(parts):
        name = f"part{number:04d}.npz"
        missing = [folder for folder in kinds if not (folder / name).exists()]
        if missing:
            progress(f"part {number + 1} of {len(parts)}")
            _render_part(
                corpus_of(recipe, source, part, conditions),
                [(kinds[folder].modality, kinds[folder].parameters) for folder in missing],
                source.jobs,
                [folder / name for folder in missing],
            )
        read = [np.load(folder / name, allow_pickle=False) for folder in folders[: len(own)]]
        if len(read[0]["table"]):
            made.append((read[0]["table"], [stored["images"] for stored in read]))
        skipped.extend(read[0]["skipped"].tolist())
    for line in skipped:
        progress(f"left out: {line}")
    if not made:
        raise NoFaceError(f"None of the {len(paths)} photographs in {source.photos} can be used.")
    more = f"{data.talking_clips} more of each training identity that talks, "
    images, *others = (
        np.concatenate(parts) for parts in zip(*(sets for _, sets in made), strict=True)
    )
    return RenderedCorpus(
        images=images,
        records=np.concatenate([records for records, _ in made]),
        class_names=find_schema(data.schema).class_names,
        digest=corpus.digest,
        description=(
            f"synthetic-{data.schema} version {corpus.version}, seed {data.seed}, "
            f"{data.clips_per_identity} clips of each identity, "
            f"{more if data.talking_clips else ''}face rigs {' and '.join(corpus.rigs)}"
        ),
        makings=tuple(others),
    )


def training_examples(recipe: Recipe, corpus: RenderedCorpus) -> Examples:
    """The clips of the training identities; only those of one rig if the recipe says so."""
    data, _ = recipe.synthetic()
    examples = corpus.unit_examples if recipe.of_units else corpus.examples
    return examples("train", data.train_rig)


def makings(recipe: Recipe) -> list[Preprocessing]:
    """How the further images of each training clip are made; see `Augmentation.makings`."""
    first = recipe.preprocessing
    return [
        replace(first, parameters={**first.parameters, **changed})
        for changed in recipe.augmentation.makings
    ]


def corpus_digest(recipe: Recipe, source: Portraits, conditions: Conditions | None = None) -> str:
    """The digest of the corpus that `render_corpus` would return, without rendering."""
    return corpus_of(recipe, source, conditions=conditions).digest


def _folder(corpus: Corpus, preprocessing: Preprocessing) -> Path:
    made = with_defaults(preprocessing)
    settings = {"modality": made.modality, "parameters": made.parameters}
    content = json.dumps([corpus.digest, settings, engine_identity()], sort_keys=True).encode()
    return home() / "corpora" / hashlib.sha256(content).hexdigest()[:24]


def corpus_of(
    recipe: Recipe,
    source: Portraits,
    photos: Sequence[Path] | None = None,
    conditions: Conditions | None = None,
) -> Corpus:
    """The corpus that a recipe describes, not rendered.

    Args:
        recipe: names schema, seed, clips per identity and rigs.
        source: photographs and second rig.
        photos: use only these of the photographs. Their clips are the same as in the whole corpus.
        conditions: see `render_corpus`.

    Raises:
        RecipeError: the recipe is for real clips only.
    """
    data, _ = recipe.synthetic()
    return Corpus(
        source.photos if photos is None else photos,
        data.schema,
        seed=data.seed,
        clips_per_identity=data.clips_per_identity,
        size=recipe.preprocessing.face_size,
        rigs=data.rigs,
        ict_file=source.ict_file,
        conditions=conditions,
        talking_clips=data.talking_clips,
    )


def _render_part(corpus, kinds, jobs, files):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            sets, records = corpus.image_sets(kinds, n_jobs=jobs)
            skipped = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
        except NoFaceError as error:
            sets, records, skipped = [np.zeros(0)] * len(kinds), np.zeros(0), [str(error)]
    for images, file in zip(sets, files, strict=True):
        content = io.BytesIO()
        np.savez(content, images=images, table=records, skipped=np.array(skipped, dtype=np.str_))
        write_atomically(file, content.getvalue())
