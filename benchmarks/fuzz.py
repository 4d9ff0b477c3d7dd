"""Mutated inputs through the public readers: `python benchmarks/fuzz.py [--cases 10000] [--seed 1]`.

Every case must end in a right answer, or in a `MerZooError` whose message names the file, within 60
seconds and 2 GB above what the process held before. About 3% of the inputs are valid; they must be
answered. Cases run in worker processes, so that a crash, a hang or a memory bomb is counted and does not
end the run. Prints how many cases of each kind were answered, refused, or ended otherwise, lists the
last, and exits with 1 if there is any. The same seed makes the same inputs;

    python benchmarks/fuzz.py --seed 1 --only images --case 17

repeats one case, and `--only images` runs that kind alone.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.fuzzing.case import Outcome
from benchmarks.fuzzing.workers import KINDS, run_cases

SHARES = {
    "clip_tables": 12,
    "sheets": 10,
    "long_video_sheets": 4,
    "intervals": 2,
    "cards": 13,
    "recipes": 13,
    "weights": 12,
    "images": 14,
    "videos": 9,
    "results": 6,
    "predictions": 4,
    "paths": 1,
}
"""Percent of the cases that each kind gets."""


class Tally:
    """Counts outcomes by kind, keeps those that are "otherwise", and prints both."""

    def __init__(self, total: int, seed: int, progress: bool = True):
        self.total, self.seed, self.progress = total, seed, progress
        self.counts: dict[str, Counter] = {}
        self.defects: list[tuple[str, int, Outcome]] = []
        self.started = self.shown = time.monotonic()

    @property
    def done(self) -> int:
        """Number of cases so far."""
        return sum(map(Counter.total, self.counts.values()))

    def add(self, kind: str, number: int, outcome: Outcome) -> None:
        """Counts one case."""
        self.counts.setdefault(kind, Counter())[outcome.status] += 1
        if outcome.status == "otherwise":
            self.defects.append((kind, number, outcome))
        now = time.monotonic()
        if self.progress and (now - self.shown > 10 or self.done == self.total):
            self.shown = now
            print(
                f"{self.done} of {self.total} cases, {now - self.started:.0f} s, "
                f"{len(self.defects)} otherwise",
                file=sys.stderr,
                flush=True,
            )

    def print(self) -> None:
        """Prints the defects and the table of counts."""
        for kind, number, outcome in sorted(self.defects, key=lambda d: d[:2]):
            repeat = f"--seed {self.seed} --only {kind} --case {number}"
            print(f"{repeat}: {outcome.what}: {outcome.detail}")
        columns = ("answered", "refused", "otherwise")
        print("kind", "cases", *columns, sep="\t")
        for kind in KINDS:
            if kind in self.counts:
                row = self.counts[kind]
                print(kind, row.total(), *(row[c] for c in columns), sep="\t")
        whole = sum(self.counts.values(), Counter())
        print("all", whole.total(), *(whole[c] for c in columns), sep="\t")


def tasks(cases: int, only: str | None = None) -> list[tuple[str, int]]:
    """(kind, number) of every case, the kinds taking turns; each kind gets its share of `cases`."""
    shares = {only: 100} if only else SHARES
    numbers = {kind: range(round(cases * share / 100)) for kind, share in shares.items()}
    rounds = itertools.zip_longest(*([(k, n) for n in r] for k, r in numbers.items()))
    return [task for turn in rounds for task in turn if task is not None]


def fuzz(todo: list[tuple[str, int]], seed: int, jobs: int, progress: bool = True) -> Tally:
    """Runs cases; an interruption ends it early, with what was counted until then."""
    tally = Tally(len(todo), seed, progress)
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        try:
            run_cases(todo, seed, jobs, Path(folder), tally.add)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
    return tally


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes")
    options.add_argument("--only", choices=sorted(KINDS), help="this kind alone")
    options.add_argument("--case", type=int, help="this case of the kind alone; tells its outcome")
    given = options.parse_args()
    if given.case is not None and given.only is None:
        options.error("--case needs --only KIND")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    todo = tasks(given.cases, given.only)
    if given.case is not None:
        todo, given.jobs = [(given.only, given.case)], 1
    tally = fuzz(todo, given.seed, given.jobs)
    tally.print()
    print(f"seed {given.seed}, {given.jobs} processes, {time.monotonic() - tally.started:.0f} s")
    sys.exit(1 if tally.defects or tally.done < len(todo) else 0)


if __name__ == "__main__":
    main()
