"""Tables of predictions of any system: `mer_zoo.score`."""

import random
from pathlib import Path

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.clip_tables import write_damaged

CLASSES = ("calm", "tense")
CLIPS = [(f"clip{i}", "abc"[i % 3], CLASSES[i // 2 % 2]) for i in range(8)]


class PredictionTables(Kind):
    """Eight clips of three subjects, three epochs, with answers or probabilities."""

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        path = place / "predictions.csv"
        header, rows = _table(rng)
        what = write_damaged(path, header, rows, rng, control)
        return Case(what, lambda: _score(path, place / "out", control), (path.name,))


def _table(rng: random.Random) -> tuple[list, list]:
    """Every answer of the last epoch is right."""
    with_probabilities, rows = rng.random() < 0.5, []
    for epoch in (1, 2, 3):
        for clip, subject, truth in CLIPS:
            answer = truth if epoch == 3 else rng.choice(CLASSES)
            p_calm = 0.75 if answer == CLASSES[0] else 0.25
            row = [clip, subject, truth, str(epoch)]
            rows.append([*row, *((p_calm, 1 - p_calm) if with_probabilities else (answer,))])
    columns = [f"p_{name}" for name in CLASSES] if with_probabilities else ["answer"]
    return ["clip", "subject", "truth", "epoch", *columns], rows


def _score(path: Path, out: Path, control: bool) -> None:
    import mer_zoo
    from mer_zoo.evaluation import Result

    result = mer_zoo.score(path, out=out)
    expect(0 <= result.uf1 <= 1 and 0 <= result.accuracy <= 1, f"UF1 {result.uf1}")
    low, high = result.intervals["uf1"]
    expect(0 <= low <= high <= 1, f"interval {low} to {high}")
    if selected := result.about.get("test_selected"):
        best = selected["best_epoch_per_fold"]["accuracy"]
        expect(best >= result.accuracy - 1e-12, f"selection scores {best}")
    again = Result.read(out)
    expect(again.uf1 == result.uf1 and list(again.clips) == list(result.clips), "read again")
    if control:
        expect(result.accuracy == 1 and len(result.clips) == len(CLIPS), "another score")
