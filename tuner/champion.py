"""The final refit: the winner trained on all examples of the search, logged and registered."""

import tempfile
from pathlib import Path

from mer_zoo.datasets.dataset import licence_of
from mer_zoo.evaluation import Examples
from mer_zoo.tracking.model import MODEL, save_model
from mer_zoo.training.calibration import rejection_of_expressions
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.training.publishing import trained_on, write_entry
from tuner.outcome import Outcome
from tuner.sources import Source

ALIAS = "champion"


def publish(outcome: Outcome, source: Source) -> str:
    """Trains the winner on all examples, logs it with the search and registers it as the champion.

    The model is a zoo entry behind MLflow's pyfunc interface: `mlflow.pyfunc.load_model` gives
    something that reads raw clips (see `mer_zoo.tracking.pyfunc`). Weights trained on all subjects
    are for use; the entry carries no score.

    Args:
        outcome: of a search.
        source: the search's.

    Returns:
        The URI of the registered model, `models:/<recipe>@champion`. A search that has registered
        its winner before does not do it again.

    Raises:
        TrackingError, DiskFullError: the model cannot be kept.
    """
    name = outcome.recipe.name
    uri = f"models:/{name}@{ALIAS}"
    run, client = outcome.record.run, outcome.record.client
    artifact = f"{MODEL}/trial{outcome.best.number}"
    source_uri = f"runs:/{run.id}/{artifact}"
    with run.store.named_errors():
        done = [
            version
            for version in client.search_model_versions(f"run_id='{run.id}'")
            if version.source == source_uri
        ]
    if not done:
        with tempfile.TemporaryDirectory() as folder:
            _write_entry(outcome, source, Path(folder) / "entry")
            run.write_folder(save_model(Path(folder) / "entry", Path(folder) / MODEL), artifact)
        with run.store.named_errors():
            if not client.search_registered_models(f"name='{name}'"):
                client.create_registered_model(name)
            done = [client.create_model_version(name, source_uri, run.id)]
    with run.store.named_errors():
        client.set_registered_model_alias(name, ALIAS, done[0].version)
    return uri


def _write_entry(outcome, source, folder):
    recipe, examples = outcome.recipe, source.examples(outcome.recipe)
    learner = RecipeLearner.of(recipe, outcome.section)
    fitted = learner.fit(examples, outcome.seed)
    write_entry(
        recipe,
        f"{recipe.name}.toml",
        fitted.network,
        list(examples.class_names),
        folder,
        trained_on=trained_on(
            recipe,
            examples,
            learner.start,
            seed=outcome.seed,
            real_clips=len(examples) if source.real else 0,
        ),
        rejection=rejection_of_expressions(recipe.rejection, outcome.likeliest),
        metrics=[],
        licence=licence_of(_dataset(examples)) if source.real else None,
        limits=[*recipe.card.limits, *_licence(examples, source)],
    )


def _licence(examples, source):
    if not source.real:
        return []
    name = _dataset(examples)
    return [f"Trained on real clips of {name}, whose licence governs what may be done with it."]


def _dataset(examples: Examples) -> str:
    return dict(examples.about).get("dataset", examples.protocol)
