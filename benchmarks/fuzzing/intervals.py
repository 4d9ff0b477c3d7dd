"""Tables of spotted intervals of any system: `evaluation.read_intervals`."""

import random
from pathlib import Path

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.clip_tables import write_damaged

VIDEOS = ("006_1", "006_2", "007_1")
HEADER = ["video", "onset", "offset", "comment", "numbering"]
ROWS = [
    [VIDEOS[i % 3], str(10 + 30 * i), str(25 + 30 * i), "calm", ("", "file", "index")[i % 3]]
    for i in range(9)
]
NUMBERS = {video: range(1, 302) for video in VIDEOS}


class IntervalTables(Kind):
    """Nine intervals in three videos."""

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        path = place / "intervals.csv"
        what = write_damaged(path, HEADER, ROWS, rng, control)
        return Case(what, lambda: _read(path, control), (path.name,))


def _read(path: Path, control: bool) -> None:
    from mer_zoo.evaluation import read_intervals

    found = read_intervals(path, NUMBERS)
    expect(set(found) == set(VIDEOS), f"videos {sorted(found)}")
    for intervals in found.values():
        expect(all(0 <= onset <= offset for onset, offset in intervals), f"{intervals}")
    if control:
        wanted = {
            v: [
                (int(a) + (n == "index"), int(b) + (n == "index"))
                for w, a, b, _, n in ROWS
                if w == v
            ]
            for v in VIDEOS
        }
        expect(found == wanted, f"intervals {found}")
