"""Spotting in long videos: `python benchmarks/spotting.py f1`, `... smile` and `... dataset`.

`f1`: synthetic videos with micro-expressions, blinks and a swaying head at random moments, scored as the
field does (intersection over union of at least 0.5, pooled). Photographs: the portrait that comes with
scikit-image, the first frame of the packaged smile, and `--photos`.

`smile`: the packaged smile, forwards and backwards, once a minute among still faces with camera noise;
the last quarter of each minute shows another person. At its end the smile returns to rest, so forwards and
backwards are two smiles. Reports apex error, false intervals a minute,
speed, and how much the peak resident size grew after the first 20 seconds.

`dataset`: the videos of `f1` as a made-up release of CAS(ME)^3, with two videos a person, through `mer-zoo
evaluate-spotting`: the table that it prints, and the time it took.
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

import numpy as np

FPS = 30
SMILE_AT = 20 * FPS  # in each minute
OTHER_AT = 45 * FPS
SMILE_APEX = 24  # frame of the packaged smile; its face then stays
SMILE_FALLS = 67  # the last frame in which it stays: backwards, the apex
WARM = 20 * FPS


def photographs(folder):
    from skimage import data

    from mer_zoo.cli import demonstration
    from mer_zoo.clips import Clip
    from mer_zoo.synthesis import read_photograph

    yield "portrait", data.astronaut()[:256, 96:352]
    yield "smile", Clip.from_video(demonstration.smile(), stop=1).frames[0]
    for path in sorted(Path(folder).iterdir()) if folder else ():
        yield path.stem, read_photograph(path)


def f1(arguments, folder: Path) -> None:
    from mer_zoo import spot
    from mer_zoo.evaluation import SpottingScore, score_spotting
    from mer_zoo.faces import find_landmarks
    from mer_zoo.synthesis import Portrait, draw_long_video

    total = SpottingScore()
    for name, photo in photographs(arguments.photos):
        portrait = Portrait.of(photo, find_landmarks(photo).points, crop=False)
        for seed in arguments.seeds:
            video = draw_long_video(portrait, seconds=arguments.seconds, seed=seed)
            path = folder / f"{name}{seed}.mp4"
            video.write(path)
            spotted = [(i.onset, i.offset) for i in spot(path)]
            annotated = [(onset, offset) for onset, _, offset in video.intervals]
            score = score_spotting(annotated, spotted)
            total += score
            print(f"{name}, seed {seed}: {score}, {len(video.blinks)} blinks", flush=True)
    print(
        f"pooled: {total}\nprecision {total.precision:.3f}, recall {total.recall:.3f}, "
        f"F1 {total.f1:.3f}"
    )


def dataset(arguments, folder: Path) -> None:
    from mer_zoo.datasets.fake import fake_videos
    from mer_zoo.faces import find_landmarks
    from mer_zoo.synthesis import Portrait, draw_long_video

    portraits = [
        Portrait.of(photo, find_landmarks(photo).points, crop=False)
        for _, photo in photographs(arguments.photos)
    ]

    def drawn(number):
        return draw_long_video(portraits[number // 2], seconds=arguments.seconds, seed=number)

    release = fake_videos(
        "casme3",
        folder / "release",
        subjects=len(portraits),
        seconds=arguments.seconds,
        intervals=lambda number: [
            ("micro", *(phase + 1 for phase in phases)) for phases in drawn(number).intervals
        ],
        frames=lambda video: drawn(video.number).frames(),
        clean=True,
    )
    command = [sys.executable, "-m", "mer_zoo.cli", "evaluate-spotting", "casme3", str(release)]
    started = time.perf_counter()
    subprocess.run([*command, "--out", str(folder / "spotted")], check=True)
    print(f"{time.perf_counter() - started:.0f} s")


def smile_video(path: Path, minutes: float) -> list[int]:
    """Writes the video frame by frame; returns the apex of each smile."""
    from mer_zoo.cli import demonstration
    from mer_zoo.clips import Clip
    from mer_zoo.synthesis.rendering.video import write_frames

    smile = Clip.from_video(demonstration.smile()).frames
    played = np.concatenate([smile, smile[-2::-1]])
    other = other_face(smile.shape[1:3])
    rng = np.random.default_rng(0)
    noise = np.round(rng.normal(0, 1.5, (7, *smile.shape[1:]))).astype(np.int16)
    frames = round(60 * FPS * minutes)
    apexes = []

    def images():
        for index in range(frames):
            place = index % (60 * FPS)
            image = other if place >= OTHER_AT else smile[0]
            if 0 <= place - SMILE_AT < len(played):
                image = played[place - SMILE_AT]
                if place - SMILE_AT in (SMILE_APEX, 2 * (len(smile) - 1) - SMILE_FALLS):
                    apexes.append(index)
            yield np.clip(image + noise[index % len(noise)], 0, 255).astype(np.uint8)

    write_frames(images(), FPS, {"fps": FPS, "n_frames": frames}, path)
    return apexes


def other_face(shape) -> np.ndarray:
    """The portrait of scikit-image in the middle of a picture of this height and width."""
    import cv2
    from skimage import data

    height, width = shape
    face = cv2.resize(data.astronaut()[:256, 96:352], (height, height))
    left = (width - height) // 2
    margins = ((0, 0), (left, width - height - left), (0, 0))
    return np.pad(face, margins, mode="edge")


def smile(arguments, folder: Path) -> None:
    path = folder / "smiles.mp4"
    apexes = smile_video(path, arguments.minutes)
    command = [sys.executable, __file__, "child", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    figures = json.loads(done.stdout.splitlines()[-1])
    found = figures.pop("apexes")
    errors = [min((abs(apex - f) for f in found), default=None) for apex in apexes]
    hits = sum(error is not None and error <= 3 for error in errors)
    print(f"smiles at {apexes}, found {found}")
    print(f"apex errors {errors} frames (bar: 3)")
    false = (len(found) - hits) / arguments.minutes
    print(f"false intervals a minute: {false:.2f} (bar: 1)")
    print(figures)


def child(arguments, folder: Path) -> None:
    """Spots one video and prints what it took, as JSON."""
    from mer_zoo import spot

    peaks = {}

    def progress(done):
        if done == WARM:
            peaks["warm"] = peak_mb()

    started, cpu = time.perf_counter(), time.process_time()
    found = spot(arguments.path, progress=progress)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    seconds = json.loads(Path(arguments.path).with_suffix(".json").read_text())["n_frames"] / FPS
    figures = {
        "apexes": [interval.apex for interval in found],
        "video_s": seconds,
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "times_playback": round(seconds / wall, 2),
        "peak_mb": peak_mb(),
        "grown_mb": peak_mb() - peaks.get("warm", peak_mb()),
    }
    print(json.dumps(figures))


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    scored = commands.add_parser("f1")
    scored.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    scored.add_argument("--seconds", type=float, default=60)
    scored.add_argument("--photos", help="folder of photographs, one person each")
    scored.set_defaults(run=f1)
    smiling = commands.add_parser("smile")
    smiling.add_argument("--minutes", type=float, default=5)
    smiling.set_defaults(run=smile)
    whole = commands.add_parser("dataset")
    whole.add_argument("--seconds", type=float, default=30)
    whole.add_argument("--photos", help="folder of photographs, one person each")
    whole.set_defaults(run=dataset)
    one = commands.add_parser("child")
    one.add_argument("path")
    one.set_defaults(run=child)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        arguments.run(arguments, Path(folder))


if __name__ == "__main__":
    main()
