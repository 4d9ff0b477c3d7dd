"""What the run of a training keeps of its outcome."""

from collections.abc import Iterable
from pathlib import Path

from mer_zoo.tracking import Tracker
from mer_zoo.training.recipe import Recipe
from mer_zoo.zoo.registry import CARD


def log_entry(tracker: Tracker, recipe: Recipe, folder: Path, seeds: Iterable[int]) -> None:
    """Logs the entry a training wrote: recipe, card, the model, losses by epoch.

    Args:
        tracker: of the training.
        recipe: that was trained.
        folder: the zoo folder, written.
        seeds: that were trained with.
    """
    if not tracker.on:
        return
    tracker.write(recipe.to_toml(), "recipe.toml")
    tracker.write((Path(folder) / CARD).read_text(encoding="utf-8"), CARD)
    losses = {f"seed {seed}": f"train_loss/seed{seed}" for seed in seeds}
    tracker.curves(losses, "losses.svg", f"{recipe.name}: training loss", "epoch")
    tracker.model(folder)
