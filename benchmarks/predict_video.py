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


def measure(path: Path, backend: str, engine: str) -> dict:
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(path), "--engine", engine],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax", "torch"])
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--child")
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments.child, arguments.engine)
    with tempfile.TemporaryDirectory() as folder:
        clips = {}
        for name, seconds in {"3 s": 3, "10 s": 10, "long": 60 * arguments.minutes}.items():
            clips[name] = Path(folder) / f"{name.replace(' ', '')}.mp4"
            write_loop(clips[name], seconds)
        for backend in arguments.backends:
            for engine in ("litert", "keras"):
                print(f"{backend}, face engine {engine}: {measure(clips['3 s'], backend, engine)}")
        backend = arguments.backends[0]
        short, long = (measure(clips[n], backend, arguments.engine) for n in ("10 s", "long"))
        print(f"memory, {backend}, 10 s:  {short}")
        print(f"memory, {backend}, long:  {long}")
        print(f"difference: {long['peak_mb'] - short['peak_mb']} MB (bar: 50)")


if __name__ == "__main__":
    main()
