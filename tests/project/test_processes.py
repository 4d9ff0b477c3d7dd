"""Whatever ends a command ends its worker processes within seconds, in the middle of their work too."""

import os
import signal

import pytest

from tests.families import Family, assert_ends, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")

EVALUATION = """
import sys
from pathlib import Path
import numpy as np
from mer_zoo.evaluation import Examples, run
from tests.evaluation.learners import Asleep
subjects = [f"toy/s{i}" for i in range(6)]
clips = [f"clip{i}" for i in range(6)]
examples = Examples(np.zeros((6, 4, 4, 1), np.float32), [0, 1] * 3, subjects, clips, ("x", "y"))
run(Asleep(sys.argv[1]), examples, folder=Path(sys.argv[1]) / "journal", jobs=2, progress=False)
"""
BATCH = """
import sys
from pathlib import Path
from mer_zoo.batch import run
from tests.batch.stand_ins import StandIn
folder = Path(sys.argv[1])
for i in range(4):
    (folder / f"{i}.mp4").write_text("fine")
run(folder, StandIn(str(folder / "diary"), seconds=600), folder / "r.csv", jobs=2, progress=False)
"""
CORPUS = """
import sys
from pathlib import Path
import cv2
from skimage import data
from mer_zoo.synthesis import Corpus
folder = Path(sys.argv[1])
for i in range(2):
    cv2.imwrite(str(folder / f"{i}.png"), data.astronaut()[: 300 + i, 80:380, ::-1])
Corpus(folder, clips_per_identity=10**6).images(n_jobs=2, progress=False)
"""


@pytest.fixture
def start(tmp_path):
    """Starts Python code that is given the test's folder; what is left of it ends with the test."""
    families = []

    def start(code):
        families.append(Family(code, tmp_path))
        return families[-1]

    yield start
    for family in families:
        family.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
def test_the_processes_of_an_evaluation_end_with_it(start, tmp_path, number):
    family = start(EVALUATION)
    assert until(lambda: len(list(tmp_path.glob("*.pid"))) == 2, 60)
    assert len(family.workers()) == 2
    code = assert_ends(family, number)
    assert code != 0
    if number != signal.SIGINT:
        assert code == -number, "the command ends as by the signal"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_processes_of_a_batch_end_with_it(start, tmp_path, number):
    family = start(BATCH)
    diary = tmp_path / "diary"
    assert until(lambda: diary.exists() and len(diary.read_text().splitlines()) == 2, 60)
    assert assert_ends(family, number) != 0


def test_the_processes_of_a_corpus_end_with_it(start):
    family = start(CORPUS)
    assert until(lambda: len(family.workers()) == 2, 60)
    assert_ends(family, signal.SIGTERM)
