"""Size and speed of an entry in every format that the running backend can write, beside Keras.

    KERAS_BACKEND=tensorflow python benchmarks/export.py [--model meganet_casme2] [--rounds 200]
        [--with-preprocessing] [--only onnx litert]

One golden clip at a time (batch 1), one thread. Formats take turns, so that a busy machine is busy
for all of them alike. What is not installed, or not written from this backend, is named and left out.
"""

import os

# Before NumPy and the runtimes start their threads.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np

import mer_zoo
from mer_zoo import exporting
from mer_zoo.errors import MerZooError
from mer_zoo.exporting.graph import clip_graph, image_graph
from mer_zoo.exporting.reading import module_of

PACKAGES = ("keras", "onnxruntime", "openvino", "ai-edge-litert", "tf2onnx")


def size_of(path: Path) -> int:
    """Bytes of a file and its companion, or of a folder."""
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.stem}.*")
    return sum(file.stat().st_size for file in files if file.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="meganet_casme2")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--with-preprocessing", action="store_true")
    parser.add_argument("--only", nargs="*", default=list(exporting.FORMATS))
    options = parser.parse_args()

    model = mer_zoo.load(options.model)
    print(f"{options.model}, backend {keras.backend.backend()}, {options.rounds} rounds, batch 1")
    print(", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    graph = clip_graph(model, None) if options.with_preprocessing else image_graph(model)
    inputs = {name: value[:1] for name, value in graph.example.items()}
    values = list(inputs.values())
    fed = values if len(values) > 1 else values[0]
    tasks = {"Keras (predict_on_batch)": lambda: graph.network.predict_on_batch(fed)}
    sizes = {"Keras (predict_on_batch)": model.card.weights.bytes}
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            known = exporting.FORMATS[name]
            path = Path(folder) / name / f"model{known.suffix}"
            frames = None
            if options.with_preprocessing and not known.any_length:
                frames = graph.example["frames"].shape[1]
            start = time.perf_counter()
            try:
                exporting.export(
                    model, path, name, with_preprocessing=options.with_preprocessing, frames=frames
                )
            except MerZooError as error:
                print(f"left out: {known.title}: {error}")
                continue
            seconds[known.title] = time.perf_counter() - start
            sizes[known.title] = size_of(path)
            tasks[known.title] = partial(module_of(known).runner(path), inputs)
        times = {name: [] for name in tasks}
        for _ in range(options.rounds):
            for name, task in tasks.items():
                start = time.perf_counter()
                answer = task()
                times[name].append(1000 * (time.perf_counter() - start))
                assert np.abs(answer - graph.expected[:1]).max() < 1e-4, name

    print(f"\n{'':28}{'kB':>8}{'median ms':>11}{'least ms':>10}{'export s':>10}")
    for name, found in times.items():
        written = f"{seconds[name]:10.1f}" if name in seconds else ""
        row = f"{name:28}{sizes[name] / 1000:8.0f}{np.median(found):11.2f}{min(found):10.2f}"
        print(row + written)
    return 0


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
