"""Writing a zoo folder: weights, golden outputs and the card that describes them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mer_zoo import __version__, models, settings
from mer_zoo.action_units import ONE_SIDED
from mer_zoo.evaluation import Examples
from mer_zoo.modalities import with_defaults
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.recipe import NetworkChoice, Recipe
from mer_zoo.tracking import Tracker
from mer_zoo.training.precision import stated
from mer_zoo.zoo import cards, find, weights
from mer_zoo.zoo.golden import golden_clips, golden_probabilities
from mer_zoo.zoo.loading import classifier_type, trainable_parameters
from mer_zoo.zoo.registry import CARD, Entry

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Storage:
    """How weights are written.

    Attributes:
        dtype: of the file.
        base: the packaged entry whose equal weights are not stored again.
        unchanged: share of the held-out clips that keep their class; 0 if not measured.
    """

    dtype: str = "float16"
    base: Entry | None = None
    unchanged: float = 0.0


def trained_on(
    recipe: Recipe, examples: Examples, start: str, *, seed: int, **facts: Any
) -> cards.TrainedOn:
    """What the weights of an entry have seen, for its card.

    Args:
        recipe: of the training.
        examples: that the network was trained on.
        start: zoo entry whose weights it began with, or "".
        seed: of the clips if they were rendered, else of the training.
        facts: fields that say something else than the examples, or more: real clips among them, for
            instance, or what the start saw.
    """
    saw: dict[str, Any] = {
        "corpus": examples.protocol,
        "clips": len(examples),
        "identities": len(np.unique(examples.subjects)),
        "real_clips": 0,
        "digest": examples.digest,
        "tuned_on": recipe.tuned_on,
        "selection": recipe.selection,
        "pretrained": _pretrained(recipe.network, start),
    }
    return cards.TrainedOn(seed=seed, **{**saw, **facts})


def _pretrained(choice: NetworkChoice, start: str) -> str:
    """What the network learned from before any clip, in words; "" if it began with random weights."""
    if start:
        return find(start).card.trained_on.pretrained
    if choice.arguments.get("weights") == "imagenet":
        return models.backbones.imagenet_origin(choice.name)
    return ""


def write_entry(
    recipe: Recipe,
    recipe_path: str | Path,
    network: "keras.Model",
    class_names: list[str],
    folder: Path,
    *,
    trained_on: cards.TrainedOn,
    rejection: cards.Rejection,
    metrics: list[cards.Metric],
    licence: str | None = None,
    limits: list[str] | None = None,
    storage: Storage = Storage(),
    units: list[cards.UnitFacts] | None = None,
    reliability: list[cards.ReliabilityBin] | None = None,
    one_sided: float = ONE_SIDED,
    mixed_precision: bool = False,
) -> cards.Card:
    """Writes the zoo entry of a trained network.

    Args:
        recipe: the recipe of the training; its texts become those of the card.
        recipe_path: path of the recipe, as stated on the card.
        network: a trained model of `mer_zoo.models`.
        class_names: of its outputs.
        folder: the zoo folder; an entry in it is replaced.
        trained_on, rejection, metrics: sections of the card.
        licence, limits: replace those of the recipe, which are for weights from synthetic clips.
        storage: how the weights are written.
        units, reliability, one_sided: sections of the card of an entry that names action units.
        mixed_precision: whether it was trained in bfloat16, for the card. The network computes in float32.

    Returns:
        The card.
    """
    file = Path(folder) / f"{recipe.name}.safetensors"
    base = storage.base
    weights.save(network, file, storage.dtype, base.tensors() if base else None)
    golden = list(golden_clips())
    words = ("summary", "version", "licence", "intended_use", "limits", "references", "companion")
    said = {name: getattr(recipe.card, name) for name in words}
    said |= {} if limits is None else {"limits": limits}
    said |= {} if licence is None else {"licence": licence}
    card = cards.Card(
        name=recipe.name,
        **said,
        recipe=str(recipe_path),
        class_names=class_names,
        network=cards.NetworkFacts(
            name=recipe.network.name,
            parameters=trainable_parameters(network),
            arguments=_arguments(network, recipe.network.arguments),
        ),
        preprocessing=_stated(recipe.preprocessing),
        rejection=rejection,
        weights=cards.Weights(
            file=file.name,
            sha256=weights.digest(file),
            bytes=file.stat().st_size,
            dtype=storage.dtype,
            base=base.card.name if base else "",
            base_sha256=base.card.weights.sha256 if base else "",
            unchanged=round(storage.unchanged, 4),
        ),
        trained_on=trained_on,
        golden=cards.Golden(clips=golden, probabilities=[[0.0] * len(class_names)] * len(golden)),
        metrics=metrics,
        made_with={**_made_with(), **stated(mixed_precision)},
        units=units or [],
        reliability=reliability or [],
        one_sided=one_sided,
    )
    card = _with_golden_outputs(card, network)
    card.write(Path(folder) / CARD)
    return card


def _with_golden_outputs(card: cards.Card, network) -> cards.Card:
    answers = golden_probabilities(classifier_type(card)(network, card), card.golden.clips)
    section = {
        "clips": card.golden.clips,
        "probabilities": np.round(answers, 7).tolist(),
        "class_names": card.class_names,
    }
    return cards.Card.from_dict({**card.to_dict(), "golden": section})


def _stated(preprocessing: Preprocessing) -> Preprocessing:
    """With every parameter that TOML can hold, so that no later default changes what the network sees."""
    made = with_defaults(preprocessing)
    parameters = {name: value for name, value in made.parameters.items() if value is not None}
    return replace(made, parameters=parameters)


def _arguments(network, given: dict) -> dict:
    """The arguments that build the network again, as far as a recipe names them.

    The network's own configuration knows better than the recipe what has become of them: weights
    that were downloaded once are not to be downloaded by every `load`.
    """
    config = network.get_config()
    names = {*given, "input_shape", *({"imagenet_pixels"} & set(config))}
    return {name: _plain(config[name]) for name in sorted(names) if config[name] is not None}


def _plain(value):
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _made_with():
    return {"mer_zoo": __version__, "backend": settings.backend(), **settings.versions()}


def log_entry(tracker: Tracker, recipe: Recipe, folder: Path, seeds: Iterable[int]) -> None:
    """Logs the entry that a training wrote: recipe, card, model, losses by epoch.

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
