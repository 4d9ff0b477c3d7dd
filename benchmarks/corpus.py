"""What a corpus is made of, against the published counts, and how fast it is rendered.

    python benchmarks/corpus.py                                    # action units of every schema
    python benchmarks/corpus.py --photos FOLDER [--size 224]       # clips a second

The first needs nothing; the second renders the clips of up to 16 photographs, MESTI included, twice,
and compares the bytes.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from mer_zoo.synthesis import SCHEMAS, Corpus, bayes_ceiling
from mer_zoo.synthesis.expressions.marginals import PUBLISHED, action_unit_shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.photos is None:
        compare_action_units()
    else:
        time_rendering(arguments.photos, arguments.size, arguments.jobs)


def compare_action_units() -> None:
    console = Console(width=100)
    for name, published in PUBLISHED.items():
        shares = action_unit_shares(SCHEMAS[name], published.classes)
        table = Table("action unit", "corpus, % of clips", "published, % of clips", title=name)
        for number in sorted({*shares, *published.action_units}):
            counted = published.action_units.get(number)
            there = "" if counted is None else f"{100 * counted / published.clips:.1f}"
            table.add_row(str(number), f"{100 * shares.get(number, 0):.1f}", there)
        console.print(table)
    for schema in SCHEMAS.values():
        best = bayes_ceiling(schema)
        print(
            f"{schema.name}: with the exact action units known, accuracy could reach "
            f"{best.accuracy:.3f}, macro F1 {best.macro_f1:.3f}"
        )


def time_rendering(photos: Path, size: int, jobs: int) -> None:
    files = sorted(p for p in photos.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    corpus = Corpus(files[:16], "casme2", seed=1, size=size)
    corpus.images(n_jobs=jobs, progress=False)  # starts the processes
    started = time.perf_counter()
    images, table = corpus.images(n_jobs=jobs, progress=False)
    seconds = time.perf_counter() - started
    again, _ = corpus.images(n_jobs=jobs, progress=False)
    print(
        f"{len(table)} clips of {size} px, {table['n_frames'].mean():.0f} frames each, "
        f"{jobs} processes: {len(table) / seconds:.1f} clips a second; "
        f"the same bytes twice: {np.array_equal(images, again)}"
    )


if __name__ == "__main__":
    main()
