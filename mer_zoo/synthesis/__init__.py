"""Synthetic clips: real photographs that show action units, with the truth of every frame."""

from mer_zoo.synthesis.acquisition import ACQUISITIONS, Acquisition
from mer_zoo.synthesis.action_units import ACTION_UNITS, ActionUnit, parse_action_units
from mer_zoo.synthesis.corpus import Corpus
from mer_zoo.synthesis.distribution import Conditions
from mer_zoo.synthesis.disturbances import Disturbances
from mer_zoo.synthesis.expression import Expression, Movement, Timing
from mer_zoo.synthesis.long_video import LongVideo, draw_long_video
from mer_zoo.synthesis.photograph import canonical_portrait, read_photograph, synthesise
from mer_zoo.synthesis.portrait import Portrait
from mer_zoo.synthesis.renderer import render, render_clip
from mer_zoo.synthesis.schema import Schema, bayes_ceiling
from mer_zoo.synthesis.schemas import SCHEMAS
from mer_zoo.synthesis.video import write_video

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
