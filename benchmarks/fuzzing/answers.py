"""Checks of what a loaded network answers."""

import numpy as np

from benchmarks.fuzzing.case import expect


def check_golden(model, exact: bool, where: str) -> None:
    """Reads a golden clip; with `exact` the answer must be the one on the card.

    A refusal at this stage knows the entry's name and not its folder; `where` is added to it.
    """
    from mer_zoo.errors import MerZooError
    from mer_zoo.zoo.golden import golden_clips, resized

    names = model.card.golden.clips
    if not exact:
        names = [name for name in names if name in golden_clips()] or list(golden_clips())[:1]
    clip = resized(golden_clips()[names[0]], model.card.preprocessing.face_size)
    try:
        reading = model.predict_clip(clip, aligned=True)
    except MerZooError as error:
        expect(model.card.name in str(error), f"the error does not name the entry: {error}")
        raise type(error)(f"{where}: {error}") from error
    check_reading(reading)
    if exact:
        wanted = model.card.golden.probabilities[0]
        found = list(reading.probabilities.values())
        expect(np.allclose(found, wanted, atol=1e-4), f"answers {found}, not {wanted}")


def check_reading(reading) -> None:
    """Probabilities are finite and sum to 1; the phases are in order."""
    values = np.array(list(reading.probabilities.values()))
    expect(bool(np.isfinite(values).all()), f"probabilities {values}")
    expect(abs(values.sum() - 1) < 1e-3, f"probabilities sum to {values.sum()}")
    expect(reading.onset <= reading.apex <= reading.offset, "phases out of order")
    expect(np.isfinite(reading.motion), f"motion {reading.motion}")
