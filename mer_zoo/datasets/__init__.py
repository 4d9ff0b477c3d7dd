"""Datasets: readers of the releases, load reports, protocols, and fake releases for tests.

dataset = load("casme2", "~/CASME2", protocol="casme2-5class-246")
dataset.table, dataset.report.to_text(), dataset.clip(0)
"""

from mer_zoo.datasets.annotated_videos import AnnotatedInterval, AnnotatedVideo, AnnotatedVideos
from mer_zoo.datasets.dataset import Dataset
from mer_zoo.datasets.inspection import Inspection, ProtocolCheck, inspect
from mer_zoo.datasets.loading import load, read_table
from mer_zoo.datasets.long_videos import read_videos
from mer_zoo.datasets.protocol import Protocol
from mer_zoo.datasets.protocols import PROTOCOLS, protocols
from mer_zoo.datasets.readers import NAMES
from mer_zoo.datasets.report import LoadReport, Remark

__all__ = [
    "NAMES",
    "PROTOCOLS",
    "AnnotatedInterval",
    "AnnotatedVideo",
    "AnnotatedVideos",
    "Dataset",
    "Inspection",
    "LoadReport",
    "Protocol",
    "ProtocolCheck",
    "Remark",
    "inspect",
    "load",
    "protocols",
    "read_table",
    "read_videos",
]
