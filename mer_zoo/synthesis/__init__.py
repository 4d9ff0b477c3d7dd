"""Synthetic clips: real photographs that show action units, with the truth of every frame."""

from mer_zoo.synthesis.camera.acquisition import ACQUISITIONS, Acquisition
from mer_zoo.synthesis.camera.disturbances import Disturbances
from mer_zoo.synthesis.corpus.corpus import Corpus
from mer_zoo.synthesis.corpus.distribution import Conditions
from mer_zoo.synthesis.expressions.action_units import ACTION_UNITS, ActionUnit, parse_action_units
from mer_zoo.synthesis.expressions.expression import Expression, Movement, Timing
from mer_zoo.synthesis.expressions.schema import Schema, bayes_ceiling
from mer_zoo.synthesis.expressions.schemas import SCHEMAS
from mer_zoo.synthesis.rendering.long_video import LongVideo, draw_long_video
from mer_zoo.synthesis.rendering.photograph import canonical_portrait, read_photograph, synthesise
from mer_zoo.synthesis.rendering.renderer import render, render_clip
from mer_zoo.synthesis.rendering.video import write_video
from mer_zoo.synthesis.rigs.portrait import Portrait

__all__ = [
    "ACQUISITIONS",
    "ACTION_UNITS",
    "SCHEMAS",
    "Acquisition",
    "ActionUnit",
    "Conditions",
    "Corpus",
    "Disturbances",
    "Expression",
    "LongVideo",
    "Movement",
    "Portrait",
    "Schema",
    "Timing",
    "bayes_ceiling",
    "canonical_portrait",
    "draw_long_video",
    "parse_action_units",
    "read_photograph",
    "render",
    "render_clip",
    "synthesise",
    "write_video",
]
