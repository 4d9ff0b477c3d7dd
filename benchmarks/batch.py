"""Time of `mer-zoo predict FOLDER --out`: `python benchmarks/batch.py [--videos 200] [--jobs 1 2]`.

Writes so many short videos (the packaged smile, each a second of it, begun at another frame, half of
them mirrored), reads them once for each number of jobs, each time as a command of its own, and prints
the seconds, the videos a second, and the ratio to the first. The time of starting the processes and
loading the network is in it. Run it on an idle machine; the load before each run is printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2


def write_videos(folder: Path, count: int, seconds: float) -> None:
    """Writes the videos, 640x360 at 30 a second."""
    from mer_zoo.cli import demonstration

    capture = cv2.VideoCapture(str(demonstration.smile()))
    frames = []
    while (got := capture.read())[0]:
        frames.append(got[1])
    length = round(30 * seconds)
    height, width = frames[0].shape[:2]
    for i in range(count):
        name = str(folder / f"{i:04d}.mp4")
        writer = cv2.VideoWriter(name, cv2.VideoWriter_fourcc(*"mp4v"), 30, (width, height))
        begin = i // 2 % max(len(frames) - length, 1)
        for frame in frames[begin : begin + length]:
            writer.write(frame[:, ::-1].copy() if i % 2 else frame)
        writer.release()


def measure(folder: Path, jobs: int, arguments) -> float:
    """Seconds of one command."""
    table = folder.parent / f"{arguments.backend}{jobs}.csv"
    command = [sys.executable, "-m", "mer_zoo.cli", "predict", str(folder), "--out", str(table)]
    command += ["--jobs", str(jobs), "--backend", arguments.backend, "--model", arguments.model]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    taken = time.perf_counter() - started
    assert len(table.read_text().splitlines()) == arguments.videos + 1
    return taken


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each, at most 2.4")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--backend", default="loky")
    parser.add_argument("--model", default="meganet_casme2")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "videos"
        folder.mkdir()
        write_videos(folder, arguments.videos, arguments.seconds)
        first = None
        for jobs in arguments.jobs:
            load = os.getloadavg()[0]
            taken = measure(folder, jobs, arguments)
            first = first or taken
            figures = {
                "jobs": jobs,
                "seconds": round(taken, 1),
                "videos_a_second": round(arguments.videos / taken, 2),
                "ratio": round(first / taken, 2),
                "load_before": round(load, 1),
            }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
