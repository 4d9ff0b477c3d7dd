"""From a dataset to the images a network sees, made once and kept."""

from mer_zoo.preparation.images import prepare
from mer_zoo.preparation.store import ImageStore

__all__ = ["ImageStore", "prepare"]
