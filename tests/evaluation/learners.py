"""Small learners for tests. In a module of their own, so that other processes can import them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Means:
    means: np.ndarray

    def predict(self, images):
        distance = ((images[:, None] - self.means) ** 2).sum(axis=(2, 3, 4))
        values = np.exp(-(distance - distance.min(1, keepdims=True)))
        return values / values.sum(1, keepdims=True)

    def save(self, path):
        path.write_bytes(self.means.tobytes())


@dataclass(frozen=True)
class NearestMean:
    """Means of the classes, drifting to them over five epochs from means the seed draws.

    It writes down whom it was shown, when `diary` is a folder.
    """

    diary: str = ""
    dies_after: int = 10**6

    def describe(self):
        return {"learner": "nearest mean"}

    def fit(self, examples, seed, watch=None):
        if self.diary:
            self._write_down(examples)
        rng = np.random.default_rng(seed)
        targets = np.stack([examples.images[examples.labels == c].mean(0) for c in range(3)])
        start = rng.normal(size=targets.shape)
        for epoch in range(1, 6):
            means = Means(start + (targets - start) * epoch / 5)
            if watch is not None:
                watch(means.predict)
        return means

    def _write_down(self, examples):
        import os
        from pathlib import Path

        folder = Path(self.diary)
        count = len(list(folder.glob("*.txt")))
        if count >= self.dies_after:
            os.kill(os.getpid(), 9)
        (folder / f"{count:04d}.txt").write_text(" ".join(sorted(set(examples.subjects))))


@dataclass(frozen=True)
class Asleep:
    """Never finishes a fit; a file `<process id>.pid` in `diary` says that one has begun."""

    diary: str

    def describe(self):
        return {"learner": "asleep"}

    def fit(self, examples, seed, watch=None):
        import os
        import time
        from pathlib import Path

        (Path(self.diary) / f"{os.getpid()}.pid").touch()
        time.sleep(600)


@dataclass(frozen=True)
class Surroundings:
    """Writes its environment down, `<process id>.json` in `diary`; waits until all processes have."""

    diary: str
    processes: int

    def describe(self):
        return {"learner": "surroundings"}

    def fit(self, examples, seed, watch=None):
        import json
        import os
        import time
        from pathlib import Path

        file = Path(self.diary) / f"{os.getpid()}.json"
        file.write_text(json.dumps({**os.environ, "process": os.getpid()}))
        while len(list(file.parent.glob("*.json"))) < self.processes:
            time.sleep(0.05)
        return Means(np.zeros((len(examples.class_names), *examples.images.shape[1:])))
