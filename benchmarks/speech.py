"""People who talk: what an entry names that is no expression.

    python benchmarks/speech.py video talk.mp4 benchmarks/annotations/talk.csv --entry meganet_casme2
    python benchmarks/speech.py synthetic --entry meganet_casme2 --photos FOLDER --seeds 21 22 23

`video`: candidates, names and wrong names a minute of a real video with an annotation table, whose rows
are stretches of frames with what the face does and the names an entry may give it. `--changed` repeats it
with changes that a person would hardly see. Rounding differs between processors and between versions of
OpenCV as much as these do, so the spread over them says what to expect elsewhere.

`synthetic`: portraits that talk for a minute each (`draw_long_video(..., talking=True)`), with
micro-expressions in the pauses and, of the upper face, within the speech: recall at an intersection over
union of .5, and names where nothing was shown.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naming import NamingScore, Stretch, count_named, read_stretches, score_naming
from mer_zoo.clips import FrameStream, open_frames

CHANGES = {
    "as it is": lambda image: image,
    "noise, sigma 2": lambda image: noisy(image),
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "85% of the size": lambda image: cv2.resize(
        image, None, fx=0.85, fy=0.85, interpolation=cv2.INTER_AREA
    ),
    "darker, gamma 1.15": lambda image: (255 * (image / 255) ** 1.15).astype(np.uint8),
    "JPEG, quality 70": lambda image: cv2.imdecode(
        cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_COLOR
    ),
}


def noisy(image):
    """The same noise for the same frame, since a frame may be read twice."""
    rng = np.random.default_rng(int(image[::16, ::16].sum()))
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def video(arguments) -> None:
    import mer_zoo

    model = mer_zoo.load(arguments.entry)
    annotated = read_stretches(arguments.annotations)
    times = [frame.time for frame in open_frames(arguments.path).frames()]
    minutes = (times[-1] - times[0]) / 60
    labels = sorted({label for stretch in annotated for label in stretch.labels})
    pooled, counts = NamingScore(), dict.fromkeys(labels, (0, 0))
    for change in CHANGES if arguments.changed else ["as it is"]:
        found = model.spot_video(Changed(open_frames(arguments.path), CHANGES[change]))
        names = named(found)
        score = score_naming(annotated, names, minutes)
        pooled += score
        for label in labels:
            pair = count_named(annotated, names, label)
            counts[label] = counts[label][0] + pair[0], counts[label][1] + pair[1]
        if arguments.changed:
            print(f"{change:20s} {score}", flush=True)
        else:
            show(found, annotated)
    print(
        f"{arguments.path.name}, {arguments.entry}: {pooled}\n"
        f"candidates a minute {pooled.candidates / pooled.minutes:.1f}, names "
        f"{(pooled.right + pooled.wrong) / pooled.minutes:.1f}, wrong names {pooled.wrong_a_minute:.2f}"
    )
    for label, (seen, right) in counts.items():
        print(f"stretches that may be called {label}: {seen} found, {right} called so")


class Changed(FrameStream):
    """A stream with every image changed."""

    def __init__(self, stream: FrameStream, change):
        self.name, self.fps, self.frame_count = stream.name, stream.fps, stream.frame_count
        self.decodes = stream.decodes
        self._stream, self._change = stream, change

    def _frames(self, start, stop):
        for frame in self._stream.frames(start, stop):
            yield frame._replace(image=self._change(frame.image))


def show(found, annotated) -> None:
    """One line for each interval."""
    for interval, reading in found:
        touched = [s for s in annotated if s.touches(interval.onset, interval.apex)]
        print(
            f"{interval.onset:6d} {interval.apex:6d}  {interval.motion:5.1f} px  score "
            f"{interval.score:4.1f}  talks {interval.talking:.2f}  {reading.label:14s} "
            f"({reading.evidence})  | {'; '.join(s.what for s in touched) or 'nothing annotated'}"
        )


def named(found) -> list[tuple[int, int, str | None]]:
    """Onset, apex and name, None where the entry names nothing."""
    return [(i.onset, i.apex, r.label if r.expression else None) for i, r in found]


def synthetic(arguments) -> None:
    import mer_zoo
    from mer_zoo.evaluation import SpottingScore
    from mer_zoo.faces import find_landmarks
    from mer_zoo.synthesis import Portrait, draw_long_video, read_photograph

    model = mer_zoo.load(arguments.entry)
    recalls = {"pauses": SpottingScore(), "speech": SpottingScore()}
    naming = NamingScore()
    photos = sorted(Path(arguments.photos).iterdir())
    with tempfile.TemporaryDirectory() as folder:
        for seed in arguments.seeds:
            photo = read_photograph(photos[seed % len(photos)])
            portrait = Portrait.of(photo, find_landmarks(photo).points, crop=False)
            drawn = draw_long_video(
                portrait, seconds=arguments.seconds, seed=seed, talking=True, expressions_a_minute=9
            )
            path = Path(folder) / f"{seed}.mp4"
            drawn.write(path)
            found = model.spot_video(path)
            for place, score in recall(drawn, [(i.onset, i.offset) for i, _ in found]).items():
                recalls[place] += score
            stretches = [
                Stretch(e.timing.onset, e.timing.offset, "expression", (e.label or "",))
                for e in drawn.expressions
            ]
            naming += score_naming(stretches, named(found), arguments.seconds / 60)
            print(f"seed {seed}, {photos[seed % len(photos)].name}: {naming}", flush=True)
    for place, score in recalls.items():
        count = score.true_positives + score.false_negatives
        print(f"recall in {place}: {score.recall:.3f} of {count}")
    print(f"{naming}\nwrong names a minute {naming.wrong_a_minute:.2f}")


def recall(drawn, spotted) -> dict:
    """The score of the expressions in the pauses, and of those that touch an utterance."""
    from mer_zoo.evaluation import score_spotting

    talking = np.zeros(drawn.n_frames, bool)
    for first, last in drawn.utterances:
        talking[first : last + 1] = True
    parts = {"pauses": [], "speech": []}
    for onset, _, offset in drawn.intervals:
        parts["speech" if talking[onset : offset + 1].any() else "pauses"].append((onset, offset))
    return {place: score_spotting(part, spotted) for place, part in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    real = commands.add_parser("video")
    real.add_argument("path", type=Path)
    real.add_argument("annotations", type=Path)
    real.add_argument("--changed", action="store_true", help="repeat with small changes")
    real.set_defaults(run=video)
    made = commands.add_parser("synthetic")
    made.add_argument("--photos", required=True, help="folder of photographs, one person each")
    made.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23, 24, 25, 26])
    made.add_argument("--seconds", type=float, default=60)
    made.set_defaults(run=synthetic)
    for command in (real, made):
        command.add_argument("--entry", default="meganet_casme2")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
