"""GPUs, their memory and the cores, shared out among worker processes; the GPUs are stand-ins."""

import json
import os

import numpy as np
import pytest

from mer_zoo.batch import run as run_batch
from mer_zoo.devices import gpu_shares, gpus, memory_settings, shares
from mer_zoo.evaluation import Examples, run
from tests.batch.stand_ins import GpuTeller
from tests.evaluation.learners import Surroundings

pytestmark = pytest.mark.backend_free

GROWTH, FRACTION = "TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_MEM_FRACTION"


def test_every_worker_has_a_gpu_or_a_share_of_one_and_of_the_cores(monkeypatch):
    for name in (GROWTH, FRACTION):
        monkeypatch.delenv(name, raising=False)
    found = shares(3, "jax", ["GPU-a", "GPU-b"], cores=7)
    assert [share["CUDA_VISIBLE_DEVICES"] for share in found] == ["GPU-a", "GPU-b", "GPU-a"]
    assert {share["OMP_NUM_THREADS"] for share in found} == {"2"}
    assert [share.get(FRACTION) for share in found] == ["0.45", None, "0.45"]
    assert shares(1, "tensorflow", ["0"], 1)[0][GROWTH] == "true"
    assert "CUDA_VISIBLE_DEVICES" not in shares(1, "torch", [], 2)[0]
    assert memory_settings("torch") == {} == memory_settings(None, 2)


def test_what_the_user_says_about_memory_stays():
    assert gpu_shares(2, "jax", ["0"], {FRACTION: "0.2"}) == [{"CUDA_VISIBLE_DEVICES": "0"}] * 2


def test_gpus_that_are_hidden_are_not_used():
    assert gpus({"CUDA_VISIBLE_DEVICES": "1, GPU-7"}) == ["1", "GPU-7"]
    assert gpus({"CUDA_VISIBLE_DEVICES": ""}) == gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == []


def surroundings(folder):
    """What the processes of an evaluation in two processes found in their environment, by process."""
    clips = [f"clip{i}" for i in range(6)]
    subjects = [f"toy/s{i}" for i in range(6)]
    examples = Examples(np.zeros((6, 4, 4, 1), np.float32), [0, 1] * 3, subjects, clips, ("x", "y"))
    learner = Surroundings(str(folder), processes=2)
    run(learner, examples, folder=folder / "journal", seeds=(1,), jobs=2, progress=False)
    return [json.loads(file.read_text()) for file in folder.glob("*.json")]


def test_the_processes_of_an_evaluation_have_a_gpu_each(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b")
    found = surroundings(tmp_path)
    assert sorted(each["CUDA_VISIBLE_DEVICES"] for each in found) == ["GPU-a", "GPU-b"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b", "this process still sees both"
    for process in (each["process"] for each in found):
        with pytest.raises(ProcessLookupError):  # they keep no memory of a GPU
            os.kill(process, 0)


def test_without_gpus_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert [each["CUDA_VISIBLE_DEVICES"] for each in surroundings(tmp_path)] == ["", ""]


def test_the_processes_of_a_batch_have_a_gpu_each(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b")
    for name in ("1.mp4", "2.mp4"):
        (tmp_path / name).write_text("fine")
    reader = GpuTeller(str(tmp_path / "diary"))
    run_batch(tmp_path, reader, tmp_path / "table.csv", jobs=2, progress=False)
    assert set((tmp_path / "diary.gpus").read_text().split()) == {"GPU-a", "GPU-b"}
