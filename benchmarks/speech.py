"""People who talk: what an entry names that is no expression.

    python benchmarks/speech.py video talk.mp4 benchmarks/annotations/talk.csv --entry meganet_casme2
    python benchmarks/speech.py synthetic --entry meganet_casme2 --photos FOLDER --seeds 21 22 23

`video`: candidates, names and wrong names a minute of a real video with an annotation table, whose rows
are stretches of frames with what the face does and the names an entry may give it.

`synthetic`: portraits that talk for a minute each (`draw_long_video(..., talking=True)`), with
micro-expressions in the pauses and, of the upper face, within the speech: recall at an intersection over
union of .5, and names where nothing was shown.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naming import NamingScore, Stretch, read_stretches, score_naming


def video(arguments) -> None:
    import mer_zoo
    from mer_zoo.clips import open_frames

    model = mer_zoo.load(arguments.entry)
    annotated = read_stretches(arguments.annotations)
    stream = open_frames(arguments.path)
    times = [frame.time for frame in stream.frames()]
    found = model.spot_video(arguments.path)
    for interval, reading in found:
        touched = [s for s in annotated if s.start <= interval.apex and interval.onset <= s.end]
        print(
            f"{interval.onset:6d} {interval.apex:6d}  {interval.motion:5.1f} px  score "
            f"{interval.score:4.1f}  talks {interval.talking:.2f}  {reading.label:14s} "
            f"({reading.evidence})  | {'; '.join(s.what for s in touched) or 'nothing annotated'}"
        )
    score = score_naming(annotated, named(found), (times[-1] - times[0]) / 60)
    print(
        f"{arguments.path.name}, {arguments.entry}: {score}\n"
        f"candidates a minute {score.candidates / score.minutes:.1f}, names "
        f"{(score.right + score.wrong) / score.minutes:.1f}, wrong names {score.wrong_a_minute:.2f}"
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
                Stretch(e.timing.onset, e.timing.offset, "expression", (e.label,))
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
