"""Training: recipes, augmentation, and the runner that turns a recipe into a zoo folder."""

from mer_zoo.training.entry import train_entry
from mer_zoo.training.recipe import Recipe

__all__ = ["Recipe", "train_entry"]
