"""Time and memory of `predict_video`: `python benchmarks/predict_video.py [--minutes 10]`.

Each measurement runs in a process of its own. Time: the packaged 640x360 smile, looped to 3 seconds, read
twice in one process; the second reading counts. Memory: peak resident size after reading 10 seconds
and after reading `--minutes` minutes of the same loop.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2


def write_loop(path: Path, seconds: float) -> None:
    """Writes the packaged smile, forwards and backwards without a jump, for so many seconds."""
    from mer_zoo.cli import demonstration

    capture = cv2.VideoCapture(str(demonstration.smile()))
    frames = []
    while (got := capture.read())[0]:
        frames.append(got[1])
    loop = frames + frames[-2:0:-1]
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30, (width, height))
    for i in range(round(30 * seconds)):
        writer.write(loop[i % len(loop)])
    writer.release()


def child(path: str, engine: str) -> None:
    """Reads a video twice when it is short, once when it is long; prints figures as JSON."""
    import keras

    import mer_zoo

    keras.ops.zeros(1)
    started = time.perf_counter()
    model = mer_zoo.load("meganet_casme2")
    loaded = time.perf_counter() - started
    seconds = cv2.VideoCapture(path).get(cv2.CAP_PROP_FRAME_COUNT) / 30
    if seconds < 5:
        model.predict_video(path, engine=engine)
    started = time.perf_counter()
    reading = model.predict_video(path, engine=engine)
    print(
        json.dumps(
            {
                "load_s": round(loaded, 3),
                "video_s": round(seconds, 1),
                "predict_video_s": round(time.perf_counter() - started, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "label": reading.label,
            }
        )
    )


def stages(path: str, engine: str) -> None:
    """Prints where the processor time of reading one video goes."""
    from stages import measured, table

    import mer_zoo

    model = mer_zoo.load("meganet_casme2")
    model.predict_video(path, stop=45, engine=engine)
    frames = cv2.VideoCapture(path).get(cv2.CAP_PROP_FRAME_COUNT)
    readers = {
        "predict_video": lambda: model.predict_video(path, engine=engine),
        "spot": lambda: mer_zoo.spot(path, engine=engine),
    }
    for name, read in readers.items():
        started, cpu = time.perf_counter(), time.process_time()
        read()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        with measured() as found:
            begun = time.process_time()
            read()
            total = time.process_time() - begun
        speed = frames / 30 / wall
        print(f"{name}: {speed:.1f}x real time, {cpu / wall:.2f} cores busy")
        print(table(found, total, frames), flush=True)


def measure(path: Path, backend: str, engine: str) -> dict:
    return json.loads(printed(path, backend, engine).splitlines()[-1])


def measure_stages(path: Path, arguments) -> None:
    for backend in arguments.backends:
        print(f"{backend}, face engine {arguments.engine}")
        print(printed(path, backend, arguments.engine, "--stages"), end="")


def printed(path: Path, backend: str, engine: str, *more: str) -> str:
    """What a process of its own prints about a video."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(path), "--engine", engine, *more],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax", "torch"])
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--child")
    parser.add_argument("--stages", action="store_true")
    arguments = parser.parse_args()
    if arguments.child:
        reader = stages if arguments.stages else child
        return reader(arguments.child, arguments.engine)
    with tempfile.TemporaryDirectory() as folder:
        clips = {}
        for name, seconds in {"3 s": 3, "10 s": 10, "long": 60 * arguments.minutes}.items():
            clips[name] = Path(folder) / f"{name.replace(' ', '')}.mp4"
            if not arguments.stages or name == "10 s":
                write_loop(clips[name], seconds)
        if arguments.stages:
            return measure_stages(clips["10 s"], arguments)
        for backend in arguments.backends:
            for engine in ("litert", "keras"):
                print(f"{backend}, face engine {engine}: {measure(clips['3 s'], backend, engine)}")
        backend = arguments.backends[0]
        short, long = (measure(clips[n], backend, arguments.engine) for n in ("10 s", "long"))
        measure_stages(clips["10 s"], arguments)
        print(f"memory, {backend}, 10 s:  {short}")
        print(f"memory, {backend}, long:  {long}")
        print(f"difference: {long['peak_mb'] - short['peak_mb']} MB (bar: 50)")


if __name__ == "__main__":
    main()
