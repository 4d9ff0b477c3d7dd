"""What an entry says about real video at several spans: `python benchmarks/real_video.py VIDEO...`.

Prints a Markdown table, and a line that counts what the answers should have been. A span is `start-stop`
(spotted inside) or `onset..apex` (given). The videos of docs/real-video.md are the packaged smile and a
400x300 brow raise that is not shipped. Nobody speaks in them.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.readings import NO_EXPRESSION

SMILE, SURPRISE, NONE = "smile", "surprise", "no expression"
RIGHT = {SMILE: {"happiness", "positive"}, SURPRISE: {"surprise"}, NONE: {NO_EXPRESSION}}
SPANS = {  # what is to be seen, and what should be said of it
    "smile.mp4": {
        "0-72": ("smiles", SMILE),
        "4-15": ("still", NONE),
        **dict.fromkeys(("12..16", "12..17", "12..18", "12..20", "12..24"), ("smiles", SMILE)),
    },
    "brow_raise.mp4": {
        **dict.fromkeys(("30-91", "40-81"), ("raises the brows", SURPRISE)),
        "0-59": ("still, then begins", NONE),
        "40..60": ("begins to raise the brows at 58", SURPRISE),
        **dict.fromkeys(("58..60", "58..61", "58..65", "58..75"), ("raises the brows", SURPRISE)),
        **dict.fromkeys(("90-130", "98..104", "98..108", "144..150"), ("brows and jaw", SURPRISE)),
        "100-160": ("brows and jaw, twice", SURPRISE),
        "200-260": ("bares the teeth, raises the brows", SURPRISE),
        **dict.fromkeys(("277..282", "277..285", "330..336"), ("drops the jaw", SURPRISE)),
        "300-360": ("closes the mouth, drops the jaw", SURPRISE),
        "600-660": ("nods, blinks", NONE),
        "900-960": ("leans back, turns", NONE),
        "1100-1160": ("a hand in front of the chin", NONE),
    },
}
FROZEN_NOISE = (1, 2, 4)


def rows(model, video: Path):
    for span, (seen, due) in SPANS[video.name].items():
        if ".." in span:
            onset, apex = map(int, span.split(".."))
            reading = model.predict_video(
                video, onset=onset, apex=apex, offset=apex, start=max(0, onset - 20), stop=apex + 20
            )
        else:
            start, stop = map(int, span.split("-"))
            reading = model.predict_video(video, start=start, stop=stop)
        yield span, seen, due, reading


def frozen(model, video: Path):
    """One frame, sixty times, with camera noise: nothing moves."""
    image = next(iter(open_frames(video))).image.astype(np.float32)
    for sigma in FROZEN_NOISE:
        noise = np.random.default_rng(0).normal(0, sigma, (60, *image.shape))
        frames = np.clip(image + noise, 0, 255).astype(np.uint8)
        reading = model.predict_clip(Clip.from_array(frames, fps=30))
        yield f"frame 0, noise {sigma}", "frozen", NONE, reading


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("videos", nargs="*", type=Path, default=[demonstration.smile()])
    parser.add_argument("--model", default="meganet_casme2")
    arguments = parser.parse_args()
    model = mer_zoo.load(arguments.model)
    right, spans = Counter(), Counter()
    print(
        "| video | frames | what happens | onset-apex-offset | motion px | answer | most probable |"
    )
    print("|---|---|---|---|---|---|---|")
    for video in arguments.videos:
        for span, seen, due, r in [*rows(model, video), *frozen(model, video)]:
            best = sorted(r.probabilities.items(), key=lambda item: -item[1])[:2]
            probable = ", ".join(f"{name} {p:.2f}" for name, p in best)
            phases = f"{r.onset}-{r.apex}-{r.offset}"
            found = f"{phases} | {r.motion:.1f} | {r.label} | {probable}"
            print(f"| {video.name} | {span} | {seen} | {found} |")
            spans[due] += 1
            right[due] += r.label in RIGHT[due]
    counts = ", ".join(f"{due} {right[due]} of {n}" for due, n in spans.items())
    print(f"\n{model.name}: {counts}")


if __name__ == "__main__":
    main()
