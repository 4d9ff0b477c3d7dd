"""Fits the regression that says when a person talks, `mer_zoo/spotting/talking.json`.

    python -m tools.fit_talking --photos FOLDER --work FOLDER

Draws synthetic conversations (`mer_zoo.synthesis.draw_long_video`) of many faces, cameras and voices,
and videos of people who do not talk, follows the face, and fits a logistic regression to the rhythm of the
mouth. A fifth of the faces is left out first, to see how well it does on others. What was measured is
kept in the work folder; after an interruption the same command resumes.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from joblib import delayed

from mer_zoo.clips import open_frames
from mer_zoo.errors import NoFaceError
from mer_zoo.faces import find_landmarks
from mer_zoo.processes import parallel
from mer_zoo.spotting.following import follow_steps
from mer_zoo.spotting.sliding import sliding_windows
from mer_zoo.spotting.talking import FEATURES, MODEL, rhythm
from mer_zoo.synthesis import Portrait, draw_long_video, read_photograph

FRAMES = 1000  # of a video
RATES = (25.0, 30.0, 30.0, 50.0, 100.0)
NOISE = (0.5, 3.0)  # grey levels
LOUDNESS = (2.0, 15.0)  # pixels of the 224-pixel crop
DURATION = (0.23, 1.2)  # seconds of an expression: smiles last longer than micro-expressions
PEAK = (2.0, 7.0)  # pixels of the 224-pixel crop
EXPRESSIONS_A_MINUTE = 16
TALKING_SHARE = 0.75  # of the videos
HELD_OUT = 5  # every fifth video
PENALTY = 1e-3  # of the squared weights, beside the mean cross-entropy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="photographs, one person each")
    parser.add_argument("--work", type=Path, required=True, help="keeps what was measured")
    parser.add_argument("--videos", type=int, default=92)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    photos = sorted(arguments.photos.iterdir())
    order = np.random.default_rng(arguments.seed).permutation(len(photos))
    arguments.work.mkdir(parents=True, exist_ok=True)
    kept = [arguments.work / f"{arguments.seed}-{n:03d}.npz" for n in range(arguments.videos)]
    missing = [number for number, path in enumerate(kept) if not path.exists()]
    jobs = (delayed(measure)(photos[order[n]], [arguments.seed, n]) for n in missing)
    made = parallel(arguments.jobs, return_as="generator")(jobs)
    for number, (features, talks) in zip(missing, made, strict=True):
        np.savez(kept[number], features=features, talks=talks)
        print(f"{number + 1} of {arguments.videos}: {len(talks)} frames", flush=True)
    measured = [(stored["features"], stored["talks"]) for stored in map(np.load, kept)]
    held_out = measured[::HELD_OUT]
    others = [video for number, video in enumerate(measured) if number % HELD_OUT]
    area = area_under_curve(fit(*joined(others)), *joined(held_out))
    features, talks = joined(measured)
    write(
        fit(features, talks),
        f"{len(measured)} videos, {len(talks)} frames, seed {arguments.seed}",
        area,
    )
    print(f"AUC {area:.3f} on {len(held_out)} videos of other faces; {MODEL} written")


def measure(photo: Path, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The rhythm of the mouth in a video of a photograph, and whether it talks; both empty without a face."""
    rng = np.random.default_rng(seed)
    fps = float(rng.choice(RATES))
    try:
        pixels = read_photograph(photo)
        portrait = Portrait.of(pixels, find_landmarks(pixels).points, crop=False)
    except NoFaceError:
        return np.zeros((0, len(FEATURES))), np.zeros(0, bool)
    drawn = draw_long_video(
        portrait,
        seconds=FRAMES / fps,
        seed=int(rng.integers(2**31)),
        fps=fps,
        noise=float(rng.uniform(*NOISE)),
        expressions_a_minute=EXPRESSIONS_A_MINUTE,
        peak=PEAK,
        duration=DURATION,
        talking=bool(rng.random() < TALKING_SHARE),
        loudness=LOUDNESS,
    )
    talks = np.zeros(drawn.n_frames, bool)
    for first, last in drawn.utterances:
        talks[first : last + 1] = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        drawn.write(path)
        windows = list(sliding_windows(follow_steps(open_frames(path)), 0))
    spans = [slice(w.path.start, w.path.start + len(w.path.times)) for w in windows]
    features = [rhythm(window.path) for window in windows]
    return np.concatenate(features), np.concatenate([talks[span] for span in spans])


def joined(videos) -> tuple[np.ndarray, np.ndarray]:
    """Features and truth of all frames."""
    return np.concatenate([f for f, _ in videos]), np.concatenate([t for _, t in videos])


def fit(
    features: np.ndarray, talks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean and scale of the features, weights and bias of the logistic regression."""
    from scipy.optimize import minimize

    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    rows = np.column_stack([(features - mean) / scale, np.ones(len(features))])

    def loss(weights):
        logits = rows @ weights
        error = 1 / (1 + np.exp(-logits)) - talks
        value = np.mean(np.logaddexp(0, logits) - talks * logits)
        kept = np.append(weights[:-1], 0)
        return value + PENALTY * kept @ kept, rows.T @ error / len(rows) + 2 * PENALTY * kept

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    return mean, scale, found[:-1], float(found[-1])


def area_under_curve(fitted, features: np.ndarray, talks: np.ndarray) -> float:
    """How often a frame of speech has the higher confidence of a pair with one without."""
    from scipy.stats import rankdata

    mean, scale, weights, bias = fitted
    ranks = rankdata((features - mean) / scale @ weights + bias)
    positive = talks.sum()
    above = ranks[talks].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (~talks).sum()))


def write(fitted, made_of: str, area: float) -> None:
    """Writes the regression, with what it was made of."""
    mean, scale, weights, bias = fitted
    rows = zip(mean, scale, weights, strict=True)
    content = {
        "made_by": "python -m tools.fit_talking",
        "made_of": made_of,
        "auc_on_other_faces": round(area, 4),
        "bias": round(bias, 5),
        "features": {
            name: dict(
                zip(("mean", "scale", "weight"), (round(float(v), 5) for v in row), strict=True)
            )
            for name, row in zip(FEATURES, rows, strict=True)
        },
    }
    MODEL.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
