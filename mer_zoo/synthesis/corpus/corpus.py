"""A corpus: labelled clips, rendered from photographs, that nobody has to store.

A corpus is its version, its seed, its settings and the bytes of its photographs; from these every
clip is rendered again whenever it is needed, and only the images made of the clips are kept.
"""

import hashlib
import itertools
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import MerZooError, NoFaceError, RecipeError
from mer_zoo.processes import parallel
from mer_zoo.synthesis.corpus.distribution import (
    NONE_EVERY,
    TALKING_KINDS,
    Conditions,
    Plan,
    draw_plan,
    draw_talking_plan,
)
from mer_zoo.synthesis.corpus.identities import Identity, find_identities
from mer_zoo.synthesis.corpus.records import RECORD, make_record
from mer_zoo.synthesis.expressions.schema import Schema
from mer_zoo.synthesis.expressions.schemas import NONE, find_schema
from mer_zoo.synthesis.rendering.photograph import canonical_portrait, read_photograph
from mer_zoo.synthesis.rendering.renderer import render
from mer_zoo.synthesis.rigs.by_name import ICT, PACKAGED, check_rigs, find_rig
from mer_zoo.synthesis.rigs.ict import ict_sha256
from mer_zoo.synthesis.rigs.portrait import Portrait

# Raised whenever the same seed would give other clips.
VERSION = 2


class Corpus:
    """Labelled clips of the faces of photographs.

    Identity = photograph: the split is by the hash of the file's bytes alone, so that it never
    depends on names or order, and adding photographs moves none. Two pictures of one person count
    as two identities: give one picture a person. Files with the same bytes count once.

    Args:
        photos: image files, or a folder of them.
        schema: label schema, by name.
        seed: another seed, other clips.
        clips_per_identity: every sixth clip shows no expression; the others go round the classes.
        test_share: share of the identities held out for the final score.
        validation_share: share held out for choices made during training.
        size: side of the canonical crop in pixels.
        rigs: names of the face rigs: "makehuman" (packaged) and "ict" (needs `ict_file`). With both,
            each identity is moved by one of them, drawn from its hash.
        ict_file: the second rig; see `mer_zoo.synthesis.rigs.ict`.
        conditions: what every clip has in common, to see what a score depends on.
        version: of the renderer that is expected; a corpus of another version cannot be made.
        talking_clips: further clips of each identity that is not held out for the final score: a
            person who talks, with and without an expression, and large expressions
            (`mer_zoo.synthesis.corpus.distribution.TALKING_KINDS`).

    Attributes:
        identities: those of all photographs that can be opened, sorted by hash.
        digest: sha256 that names the corpus: the same digest, the same clips.

    Raises:
        NoFaceError: there is no photograph.
        RecipeError: a setting is impossible.
        UnknownNameError: there is no such schema.
    """

    def __init__(
        self,
        photos: str | Path | Iterable[str | Path],
        schema: str | Schema = "casme2",
        *,
        seed: int = 0,
        clips_per_identity: int = 12,
        test_share: float = 0.2,
        validation_share: float = 0.1,
        size: int = 112,
        rigs: Iterable[str] = (PACKAGED,),
        ict_file: str | Path | None = None,
        conditions: Conditions | None = None,
        version: int = VERSION,
        talking_clips: int = 0,
    ):
        if version != VERSION:
            raise RecipeError(
                f"This is a corpus of version {version}, but this mer_zoo renders version {VERSION}."
            )
        if clips_per_identity < 1 or talking_clips < 0 or size < 32 or seed < 0:
            raise RecipeError(
                f"clips_per_identity={clips_per_identity}, talking_clips={talking_clips}, "
                f"size={size}, seed={seed}: expected at least 1 clip, 0 or more of talking, at "
                "least 32 pixels, and a seed of 0 or more."
            )
        if min(test_share, validation_share) < 0 or test_share + validation_share > 1:
            raise RecipeError(
                f"test_share={test_share}, validation_share={validation_share}: expected shares "
                "from 0 to 1 that leave something for training."
            )
        self.schema = find_schema(schema)
        self.seed = int(seed)
        self.clips_per_identity = int(clips_per_identity)
        self.talking_clips = int(talking_clips)
        self.shares = {
            "test_share": float(test_share),
            "validation_share": float(validation_share),
        }
        self.size = int(size)
        self.rigs = check_rigs(rigs, ict_file)
        self.ict_file = Path(ict_file) if ict_file and ICT in self.rigs else None
        self.conditions = conditions or Conditions()
        self.version = version
        self.identities, self._unreadable = find_identities(photos, **self.shares)
        if not self.identities:
            raise NoFaceError(
                f"There is no photograph that can be read. {_listed(self._unreadable)}"
            )

    def __repr__(self) -> str:
        return (
            f"Corpus({self.schema.name}, {len(self.identities)} identities x "
            f"{self.clips_per_identity} clips, seed {self.seed}, {self.digest[:12]})"
        )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the schema; "none" is not one of them."""
        return self.schema.class_names

    @property
    def digest(self) -> str:
        content = {
            "version": self.version,
            "seed": self.seed,
            "schema": asdict(self.schema),
            "clips_per_identity": self.clips_per_identity,
            **self.shares,
            "size": self.size,
            "rigs": [
                ict_sha256(self.ict_file) if r == ICT and self.ict_file else r for r in self.rigs
            ],
            "conditions": self._fixed(),
            **self._younger(),
            "photos": [identity.sha256 for identity in self.identities],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def _fixed(self) -> dict:
        fixed = asdict(self.conditions)
        if fixed["phases"] is None:  # younger than the digests on the cards
            del fixed["phases"]
        return fixed

    def _younger(self) -> dict:
        """Settings younger than the digests on the cards, where they are used."""
        return {"talking_clips": self.talking_clips} if self.talking_clips else {}

    def label(self, index: int) -> str:
        """The label of an identity's clip number `index`."""
        if index % NONE_EVERY == NONE_EVERY - 1:
            return NONE
        names = self.class_names
        return names[(index - index // NONE_EVERY) % len(names)]

    def clips(self, identity: Identity) -> Iterator[tuple[Clip, np.void]]:
        """Renders the clips of one identity.

        Yields:
            The grey clip, (T, size, size, 3) uint8 with the annotated phases, and its record (see
            `images`), which has the true ones too.

        Raises:
            VideoError: the photograph cannot be read.
            NoFaceError: there is no face in it.
        """
        words = np.frombuffer(bytes.fromhex(identity.sha256), ">u4").tolist()
        entropy = [self.version, self.seed, *words]
        choice = np.random.default_rng(entropy)
        mirrored = bool(choice.integers(2))
        rig = self.rigs[int(choice.integers(len(self.rigs)))]
        photo = read_photograph(identity.path)
        if mirrored:
            photo = np.ascontiguousarray(photo[:, ::-1])
        portrait = canonical_portrait(photo, size=self.size, rig=find_rig(rig, self.ict_file))
        for index in range(self.clips_per_identity):
            rng = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(index,)))
            plan = draw_plan(self.schema, self.label(index), identity.split, rng, self.conditions)
            clip = render_plan(portrait, plan, rng, f"synthetic/{identity.name}")
            yield clip, make_record(plan, identity, index, mirrored=mirrored, rig=rig)
        if identity.split == "test":
            return
        for index in range(self.talking_clips):
            rng = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(1, index)))
            kind = TALKING_KINDS[index % len(TALKING_KINDS)]
            label = str(rng.choice(self.class_names))
            plan = draw_talking_plan(self.schema, label, kind, rng)
            clip = render_plan(portrait, plan, rng, f"synthetic/{identity.name}")
            number = self.clips_per_identity + index
            yield clip, make_record(plan, identity, number, mirrored=mirrored, rig=rig)

    def images(
        self,
        modality: str = "mesti",
        parameters: Mapping | None = None,
        *,
        n_jobs: int = 2,
        progress: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Renders all clips and turns each into one image.

        Photographs that cannot be read or show no face are left out; a warning counts and names
        them.

        Args:
            modality: name of the image; see `mer_zoo.modalities`.
            parameters: of the modality.
            n_jobs: processes; -1 for one a core. joblib's own settings choose the backend.
            progress: whether to show a bar on standard error.

        Returns:
            images: (N, size, size, C) float16.
            table: (N,) structured array, one record a clip; `records.RECORD` says what is in it.

        Raises:
            NoFaceError: no photograph is left.
            UnknownNameError: there is no such modality.
        """
        kinds = [(modality, dict(parameters or {}))]
        (images,), table = self.image_sets(kinds, n_jobs=n_jobs, progress=progress)
        return images, table

    def image_sets(
        self, kinds: Sequence[tuple[str, Mapping]], *, n_jobs: int = 2, progress: bool = True
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """As `images`, for several modalities of the same clips, each clip rendered once.

        Args:
            kinds: names of modalities with their parameters.
            n_jobs: as in `images`.
            progress: as in `images`.

        Returns:
            images: one array (N, side, side, C) float16 for each of `kinds`.
            table: (N,) structured array, one record a clip.
        """
        from joblib import delayed

        jobs = (delayed(_identity_images)(self, identity, kinds) for identity in self.identities)
        results = parallel(jobs, n_jobs)
        made, skipped = [], list(self._unreadable)
        for result in _with_progress(results, len(self.identities), shown=progress):
            (skipped if isinstance(result, str) else made).append(result)
        if not made:
            raise NoFaceError(f"No photograph of {len(skipped)} can be used. {_listed(skipped)}")
        if skipped:
            warnings.warn(
                f"{len(skipped)} of {len(self.identities) + len(self._unreadable)} photographs "
                f"were left out. {_listed(skipped)}",
                stacklevel=2,
            )
        images = [np.concatenate([sets[i] for sets, _ in made]) for i in range(len(kinds))]
        return images, np.concatenate([table for _, table in made])

    def __len__(self) -> int:
        """Number of clips when every photograph can be used."""
        seen = sum(identity.split != "test" for identity in self.identities)
        return len(self.identities) * self.clips_per_identity + seen * self.talking_clips


def render_plan(
    portrait: Portrait, plan: Plan, rng: np.random.Generator, subject: str | None
) -> Clip:
    """The clip of a plan, with the phases an annotator would have marked."""
    clip = render(
        portrait,
        plan.expression,
        plan.disturbances,
        n_frames=plan.n_frames,
        fps=plan.fps,
        seed=rng,
        subject=subject,
    )
    return clip.with_phases(*plan.annotated)


def _identity_images(
    corpus: Corpus, identity: Identity, kinds: Sequence[tuple[str, Mapping]]
) -> tuple[list[np.ndarray], np.ndarray] | str:
    """Images of every kind and the records of one identity, or why there are none."""
    from mer_zoo.modalities import compute

    try:
        clips = corpus.clips(identity)
        first = next(clips)
    except MerZooError as error:
        return f"{identity.path}: {error}"
    images, records = [[] for _ in kinds], []
    with _one_opencv_thread():
        for clip, record in itertools.chain([first], clips):
            for kept, (modality, parameters) in zip(images, kinds, strict=True):
                kept.append(compute(modality, clip, **parameters).astype(np.float16))
            records.append(record)
    return [np.stack(kept) for kept in images], np.array(records, RECORD)


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    """The images are small and the processes many: threads would only stand in each other's way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _with_progress(results: Iterable, total: int, *, shown: bool) -> Iterator:
    from rich.console import Console
    from rich.progress import track

    yield from track(
        results,
        total=total,
        description="Rendering clips",
        console=Console(stderr=True),
        disable=not shown,
    )


def _listed(problems: list[str], most: int = 20) -> str:
    if not problems:
        return "Give image files, or a folder that holds some."
    more = f"; and {len(problems) - most} more" if len(problems) > most else ""
    return "; ".join(problems[:most]) + more + "."
