"""The image of every clip of a dataset, by the same path as `predict_video` takes."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from mer_zoo import modalities, spotting
from mer_zoo.clips import Clip, open_frames
from mer_zoo.datasets import Dataset
from mer_zoo.errors import DatasetError, MerZooError
from mer_zoo.preparation.keys import image_key
from mer_zoo.preparation.store import ImageStore
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.processes import parallel


def prepare(
    dataset: Dataset,
    preprocessing: Preprocessing,
    *,
    variants: int = 1,
    action_units: Mapping[str, str] = MappingProxyType({}),
    store: ImageStore | None = None,
    jobs: int = 1,
    progress: bool = True,
) -> np.ndarray:
    """Turns every clip of a dataset into its image, or into several.

    Frames are aligned as the preprocessing says, phases that are missing are spotted, and the
    modality makes the image. Images that were made before come from the cache. Precomputed flow
    images are brought to the scale of the flow modality.

    Args:
        dataset: a `mer_zoo.datasets.Dataset`.
        preprocessing: of a recipe or card.
        variants: images of each clip. The first is that of the clip as it is; the others, for
            training alone, are of its variants (`mer_zoo.preparation.variants`).
        action_units: label -> action units, for example `{"tense": "4+7"}`: every second variant of a
            clip so labelled is rendered on the person's own neutral face
            (`mer_zoo.preparation.rendered`).
        store: the cache; the shared one by default.
        jobs: processes.
        progress: show a bar on standard error.

    Returns:
        float32 `(N, S, S, C)`, or `(N, variants, S, S, C)` for more than one, in the order of the
        table: the whole images, of which the network sees the centre.

    Raises:
        DatasetError: clips that cannot be used, all of them named with their reasons; or images
            that are not what the preprocessing asks for or have no frames to make variants of.
    """
    if variants < 1:
        raise DatasetError(f"variants={variants}: expected 1, the clip as it is, or more.")
    if dataset.kind == "images":
        if variants > 1:
            raise DatasetError(
                f"{dataset.protocol} holds images, and variants={variants} are made from frames. "
                "Set variants = 1."
            )
        return _precomputed(dataset, preprocessing)
    from joblib import delayed

    store = store or ImageStore()
    calls = (
        delayed(_images)(dataset, i, preprocessing, variants, dict(action_units), store)
        for i in range(len(dataset))
    )
    results = parallel(calls, jobs)
    images, problems = [], []
    for result in _with_progress(results, len(dataset), shown=progress):
        (problems if isinstance(result, str) else images).append(result)
    store.trim()
    if problems:
        raise DatasetError(
            f"{len(problems)} of {len(dataset)} clips of {dataset.name} ({dataset.protocol}) cannot "
            "be made into images; none is left out silently:\n  "
            + "\n  ".join(problems[:20])
            + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
            + '\nWhere no face is found in registered crops, set alignment = "frame" in the '
            "recipe's [preprocessing]."
        )
    return np.stack(images) if variants > 1 else np.concatenate(images)


def _images(
    dataset,
    row: int,
    preprocessing: Preprocessing,
    variants: int,
    action_units: dict[str, str],
    store: ImageStore,
):
    """float32 `(variants, S, S, C)`, or the reason why there are none."""
    record = dataset.table.iloc[row]
    units = action_units.get(record["label"], "")
    try:
        clip = dataset.clip(row)
        key = image_key(clip, preprocessing)
        keys = [key, *(_variant_key(key, record["clip"], i, units) for i in range(1, variants))]
        found = {i: store.get(key) for i, key in enumerate(keys)}
        images = {i: image for i, image in found.items() if image is not None}
        missing = [i for i in found if i not in images]
        for i, image in zip(
            missing, _made(clip, record["clip"], missing, preprocessing, units), strict=True
        ):
            store.put(keys[i], image)
            images[i] = image
        return np.stack([images[i] for i in found])
    except MerZooError as error:
        return f"{record['clip']}: {error}"


def _is_rendered(number: int, units: str) -> bool:
    """Every second variant, where the clip's label has action units; 0 is the clip as it is."""
    return bool(units) and number > 0 and number % 2 == 0


def _variant_key(key: str, clip_id: str, number: int, units: str) -> str:
    if _is_rendered(number, units):
        from mer_zoo.preparation.rendered import VERSION as RENDERED

        content = f"{key}\n{clip_id}\n{number}\n{units}\n{RENDERED}"
    else:
        from mer_zoo.preparation.variants import VERSION as VARIANTS

        content = f"{key}\n{clip_id}\n{number}\n{VARIANTS}"
    return hashlib.sha256(content.encode()).hexdigest()


def _made(clip, clip_id: str, numbers: list[int], preprocessing: Preprocessing, units: str):
    """The images of some variants; the face is followed once for all of them."""
    if not numbers:
        return
    seen = aligned(clip, preprocessing)
    for number in numbers:
        varied = seen
        if _is_rendered(number, units):
            from mer_zoo.preparation.rendered import rendered

            varied = rendered(seen, clip_id, number, units)
        elif number:
            from mer_zoo.preparation.variants import variant

            varied = variant(seen, clip_id, number)
        yield modalities.compute(preprocessing.modality, varied, **preprocessing.parameters)


def aligned(clip: Clip, preprocessing: Preprocessing):
    """The aligned clip with the phases its image is made of; phases the clip has are kept.

    Raises:
        ClipError: fewer than two frames, or impossible phases.
        NoFaceError: no face was found.
    """
    found = spotting.find_expression(
        open_frames(clip),
        size=preprocessing.face_size,
        alignment=preprocessing.alignment,
        phases=clip.phases,
    )
    return found.within_reach(marked=clip.apex is not None)


def _precomputed(dataset, preprocessing):
    parameters = preprocessing.parameters
    standardize = parameters.get("standardize", False)
    if preprocessing.modality != "flow" or not (
        standardize or parameters.get("per_channel", False)
    ):
        raise DatasetError(
            f"{dataset.protocol} holds optical flow images stretched channel by channel; a recipe "
            f'for them needs modality = "flow" with standardize = true or per_channel = true, not '
            f"{preprocessing.modality!r} with {preprocessing.parameters or 'its defaults'}."
        )
    images = np.stack(
        [modalities.rescale_flow(dataset.image(i), standardize) for i in range(len(dataset))]
    )
    wanted = preprocessing.image_size
    if images.shape[1:3] != (wanted, wanted):
        raise DatasetError(
            f"The images of {dataset.protocol} are {images.shape[2]}x{images.shape[1]} px, the "
            f"recipe's image_size is {wanted}. Set it to the size of the images."
        )
    return images


def _with_progress(results, total, *, shown):
    from rich.console import Console
    from rich.progress import track

    yield from track(
        results,
        total=total,
        description="Preparing images",
        console=Console(stderr=True),
        disable=not shown,
    )
