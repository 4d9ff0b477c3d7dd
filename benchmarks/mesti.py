"""How long MESTI takes beside optical flow, on one thread of one core.

    python benchmarks/mesti.py [--rounds 60]

A grey clip of 64 frames of 224 x 224 px becomes one image. Beside it: copying the clip, the plainest
way to sum it, and optical flow between a single pair of its frames. All tasks take turns, so that a
busy machine is busy for all of them alike.
"""

import os

# Before NumPy starts its threads.
os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import argparse
import sys
import time

import cv2
import numpy as np
import skimage
from skimage.data import astronaut
from skimage.registration import optical_flow_tvl1

from mer_zoo.modalities import MestiAccumulator
from mer_zoo.modalities.profile import expression_profile, response_weights

COUNT, SIZE = 64, 224
PHASES = (0, 32, 63)
TIMES = np.arange(COUNT) / 200

BARS = (
    ("MESTI (u, v, E)", "DIS medium", 1 / 4),
    ("MESTI (u, v, E)", "TV-L1", 1 / 100),
    ("MESTI, E alone", "copy of the clip", 10),
)


def make_clip() -> np.ndarray:
    """A face whose mouth corner rises by 3 px and returns, with camera noise, uint8 `(T, H, W)`."""
    face = cv2.cvtColor(astronaut()[30:190, 145:305], cv2.COLOR_RGB2GRAY)
    face = cv2.resize(face, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    rise = 3 * np.exp(-(((x - 90) / 30) ** 2 + ((y - 160) / 25) ** 2))
    rng = np.random.default_rng(0)
    frames = [
        cv2.remap(face, x, y + np.float32(amount) * rise, cv2.INTER_LINEAR)
        + rng.normal(0, 1.5, face.shape)
        for amount in expression_profile(TIMES, *PHASES)
    ]
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8)


def make_tasks(clip: np.ndarray) -> dict:
    """The tasks by name."""
    onset, apex = clip[PHASES[0]], clip[PHASES[1]]
    weights = response_weights(TIMES, *PHASES).astype(np.float32)
    dis_fast = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis_medium = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    scaled = [frame.astype(np.float32) / np.float32(255) for frame in (onset, apex)]

    def naive():
        total = np.zeros((SIZE, SIZE), np.float32)
        for weight, frame in zip(weights, clip, strict=True):
            total += weight * frame.astype(np.float32)
        return total

    def read():
        accumulator = MestiAccumulator(TIMES, *PHASES)
        accumulator.add_frames(clip)
        return accumulator

    return {
        "copy of the clip": clip.copy,
        "multiply and sum in a loop": naive,
        "MESTI, E alone": lambda: read().response(),
        "MESTI (u, v, E)": lambda: read().image(),
        "MESTI without the median alone": lambda: read().image(remove_rigid="median"),
        "DIS fast": lambda: dis_fast.calc(onset, apex, None),
        "DIS medium": lambda: dis_medium.calc(onset, apex, None),
        "Farneback": lambda: cv2.calcOpticalFlowFarneback(
            onset, apex, None, 0.5, 3, 15, 3, 5, 1.2, 0
        ),
        "TV-L1": lambda: optical_flow_tvl1(*scaled, dtype=np.float32),
    }


def measure(tasks: dict, rounds: int) -> dict[str, np.ndarray]:
    """Milliseconds of each task in each round; TV-L1, which takes long, runs in a few rounds only.

    Time on the processor, not on the clock: other processes then cost little but cache.
    """
    seconds = {name: [] for name in tasks}
    for turn in range(rounds):
        for name, task in tasks.items():
            if name == "TV-L1" and turn >= 5:
                continue
            task()  # brings code and data back into the caches
            start = time.process_time()
            task()
            seconds[name].append(time.process_time() - start)
    return {name: 1000 * np.array(values) for name, values in seconds.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds

    cv2.setNumThreads(1)

    print(f"numpy {np.__version__}, opencv {cv2.__version__}, scikit-image {skimage.__version__}")
    print(f"{COUNT} x {SIZE} x {SIZE} grey; flow between one pair; one thread; {rounds} rounds\n")
    times = measure(make_tasks(make_clip()), rounds)

    print(f"{'':28}{'median ms':>10}{'least ms':>10}")
    for name, values in times.items():
        print(f"{name:28}{np.median(values):10.3f}{values.min():10.3f}")

    print(f"\n{'':46}{'median':>8}{'least':>8}{'bar':>8}")
    missed = 0
    for task, other, bar in BARS:
        typical = np.median(times[task]) / np.median(times[other])
        least = times[task].min() / times[other].min()
        missed += least > bar
        verdict = "met" if least <= bar else "MISSED"
        print(f"{task + ' / ' + other:46}{typical:8.4g}{least:8.4g}{bar:8.4g}  {verdict}")
    print("\nBars are judged by the least times: other processes share the caches and only add.")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
