"""What travels in an exported file beside the network: who it is, what goes in, what it is not for."""

import dataclasses
import json
from importlib.metadata import version

import keras
import numpy as np

from mer_zoo import __version__
from mer_zoo.exporting.formats import OUTPUT
from mer_zoo.exporting.graph import Graph
from mer_zoo.faces.alignment import EYE_DISTANCE, EYE_LINE
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.golden import TOLERANCE, golden_probabilities

_ALIGNMENTS = {
    "face": (
        "square RGB crop of {side} px, centred between the outer eye corners, which lie "
        "{eye_line:.2f} of the side from the top and {eye_distance:.4f} of the side apart"
    ),
    "frame": "whole RGB frames, such as registered crops of a dataset, resized to {side} px square",
}


def describe(model: MicroExpressionClassifier, graph: Graph, with_preprocessing: bool) -> dict:
    """The metadata of an export, plain values that JSON holds.

    Args:
        model: the classifier.
        graph: what of it is exported.
        with_preprocessing: whether the modality is a part of the graph.

    Returns:
        A dictionary; `docs/export.md` explains its keys.
    """
    card = model.card
    preprocessing = card.preprocessing
    return {
        "entry": card.name,
        "version": card.version,
        "summary": card.summary,
        "class_names": list(model.class_names),
        "inputs": graph.describe_inputs(),
        "outputs": {OUTPUT: {"shape": [None, len(model.class_names)], "dtype": "float32"}},
        "preprocessing_included": with_preprocessing,
        "preprocessing": dataclasses.asdict(preprocessing),
        "alignment": _ALIGNMENTS[preprocessing.alignment].format(
            side=preprocessing.face_size, eye_line=EYE_LINE, eye_distance=EYE_DISTANCE
        ),
        "rejection": dataclasses.asdict(model.rejection),
        "weights_sha256": card.weights.sha256 if _has_the_weights_of_its_card(model) else None,
        "licence": card.licence,
        "intended_use": card.intended_use,
        "limits": list(card.limits),
        "provenance": card.provenance(),
        "exported_with": {
            "mer_zoo": __version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            keras.backend.backend(): _version(keras.backend.backend()),
        },
    }


def to_json(metadata: dict) -> str:
    """The metadata as one line of JSON."""
    return json.dumps(metadata, ensure_ascii=False, sort_keys=False)


def _has_the_weights_of_its_card(model) -> bool:
    """Whether the model still answers as its card says, so that it was not trained since."""
    golden = model.card.golden
    if list(model.class_names) != list(model.card.class_names):
        return False
    answers = golden_probabilities(model, golden.clips)
    return bool(np.abs(answers - np.asarray(golden.probabilities)).max() <= TOLERANCE)


def _version(backend: str) -> str:
    names = (backend, f"{backend}-cpu")
    for name in names:
        try:
            return version(name)
        except ModuleNotFoundError:
            continue
    return "unknown"
