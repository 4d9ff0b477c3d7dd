"""Tables of spotted intervals of any system: `evaluation.read_intervals`."""

import random
from pathlib import Path

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.clip_tables import changed_table
from benchmarks.fuzzing.mutation import grow_sparse, mangled, many_cells, otherwise_encoded

VIDEOS = ("006_1", "006_2", "007_1")
HEADER = ["video", "onset", "offset", "comment"]
ROWS = [[VIDEOS[i % 3], str(10 + 30 * i), str(25 + 30 * i), "calm"] for i in range(9)]


class IntervalTables(Kind):
    """Nine intervals in three videos."""

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        path = place / "intervals.csv"
        what, data = ("valid", _text().encode()) if control else _changed(rng)
        path.write_bytes(data)
        if not control and rng.random() < 0.01:
            grow_sparse(path)
            what = "grown to gigabytes"
        return Case(what, lambda: _read(path, control), (path.name,))


def _text() -> str:
    return "\n".join(",".join(row) for row in [HEADER, *ROWS])


def _changed(rng: random.Random) -> tuple[str, bytes]:
    draw = rng.random()
    if draw < 0.01:
        return many_cells(rng)
    if draw < 0.35:
        return mangled(_text().encode(), rng)
    if draw < 0.45:
        return otherwise_encoded(_text().replace("calm", "Zoë 注释"), rng)
    what, text = changed_table(HEADER, ROWS, rng)
    return what, text.encode("utf-8", "surrogatepass")


def _read(path: Path, control: bool) -> None:
    from mer_zoo.evaluation import read_intervals

    found = read_intervals(path, VIDEOS)
    expect(set(found) == set(VIDEOS), f"videos {sorted(found)}")
    for intervals in found.values():
        expect(all(0 <= onset <= offset for onset, offset in intervals), f"{intervals}")
    if control:
        wanted = {v: [(int(a), int(b)) for w, a, b, _ in ROWS if w == v] for v in VIDEOS}
        expect(found == wanted, f"intervals {found}")
