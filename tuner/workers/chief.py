"""The chief: a process that proposes trials to workers. `python -m tuner.workers.chief FOLDER`."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mer_zoo.files import write_atomically
from tuner.project import Project
from tuner.workers.orphans import end_with_supervisor

SERVICE = "service.json"
AGAIN = "--again"


@dataclass(frozen=True)
class Service:
    """What a chief needs to know, in a file of the search's folder.

    Attributes:
        space: KerasTuner's ranges, as plain values.
        algorithm, seed, trials: see `tuner.search`.
        note: for workers: name of the search, its settings and digest.
    """

    space: dict[str, Any]
    algorithm: str
    seed: int
    trials: int
    note: dict[str, Any]

    def write(self, project: Project) -> None:
        """Keeps it for the chief."""
        write_atomically(project.folder / SERVICE, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, project: Project) -> "Service":
        """The inverse of `write`."""
        return cls(**json.loads((project.folder / SERVICE).read_text(encoding="utf-8")))


def serve(folder: Path, again: bool) -> None:
    """Proposes trials until the supervisor ends this process.

    Args:
        folder: of the search.
        again: a chief was here a moment ago, and its workers are at their trials still.
    """
    import keras_tuner

    from tuner.engine import TrialTuner
    from tuner.oracles import make_oracle, restored
    from tuner.workers.served import SERVED

    project = Project(folder)
    service = Service.read(project)
    space = keras_tuner.HyperParameters.from_config(service.space)

    def make():
        return make_oracle(
            service.algorithm,
            space,
            seed=service.seed,
            trials=service.trials,
            state_file=project.state,
            oracles=SERVED,
            note=service.note,
            backup=project.backup,
            again=again,
        )

    oracle = restored(make, project.backup, lambda text: print(text, flush=True))
    print(f"serving {service.trials} trials, {len(oracle.end_order)} have ended", flush=True)
    TrialTuner(oracle, project.folder).search()


if __name__ == "__main__":
    end_with_supervisor()
    serve(Path(sys.argv[1]), AGAIN in sys.argv[2:])
    # KerasTuner's server has threads that would keep the process.
    os._exit(0)
