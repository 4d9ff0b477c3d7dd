"""What an entry says about real video at several spans: `python benchmarks/real_video.py VIDEO...`.

Prints a Markdown table. A span is `name:start-stop` (spotted inside) or `name:onset..apex` (given). The
videos of docs/real-video.md are the packaged smile and a 400x300 brow raise that is not shipped.
"""

import argparse
from pathlib import Path

import numpy as np

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames

SPANS = {
    "smile.mp4": ["0-72", "4-15", "12..16", "12..17", "12..18", "12..20", "12..24"],
    "brow_raise.mp4": [
        *("30-91", "40-81", "0-59", "58..61", "58..65", "58..75"),
        *("100-160", "200-260", "300-360", "600-660", "900-960", "1100-1160"),
    ],
}
FROZEN_NOISE = (1, 2, 4)


def rows(model, video: Path):
    for span in SPANS[video.name]:
        if ".." in span:
            onset, apex = map(int, span.split(".."))
            reading = model.predict_video(
                video, onset=onset, apex=apex, offset=apex, start=max(0, onset - 20), stop=apex + 20
            )
        else:
            start, stop = map(int, span.split("-"))
            reading = model.predict_video(video, start=start, stop=stop)
        yield span, reading


def frozen(model, video: Path):
    """One frame, sixty times, with camera noise: nothing moves."""
    image = next(iter(open_frames(video))).image.astype(np.float32)
    for sigma in FROZEN_NOISE:
        noise = np.random.default_rng(0).normal(0, sigma, (60, *image.shape))
        frames = np.clip(image + noise, 0, 255).astype(np.uint8)
        yield f"frame 0 frozen, noise {sigma}", model.predict_clip(Clip.from_array(frames, fps=30))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("videos", nargs="*", type=Path, default=[demonstration.smile()])
    parser.add_argument("--model", default="meganet_casme2")
    arguments = parser.parse_args()
    model = mer_zoo.load(arguments.model)
    print("| video | frames | onset-apex-offset | motion px | answer | most probable |")
    print("|---|---|---|---|---|---|")
    for video in arguments.videos:
        for span, r in [*rows(model, video), *frozen(model, video)]:
            best = sorted(r.probabilities.items(), key=lambda item: -item[1])[:2]
            probable = ", ".join(f"{name} {p:.2f}" for name, p in best)
            phases = f"{r.onset}-{r.apex}-{r.offset}"
            print(f"| {video.name} | {span} | {phases} | {r.motion:.1f} | {r.label} | {probable} |")


if __name__ == "__main__":
    main()
