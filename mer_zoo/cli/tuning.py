"""The command `tune`: hands its arguments to the folder `tuner` of a checkout."""

import importlib.util
import runpy
import sys
from pathlib import Path

import typer

from mer_zoo.errors import MerZooError

TUNER = "tuner"


def tune(context: typer.Context):
    """Searches hyperparameters (KerasTuner, MLflow): `python -m tuner` of a checkout; see its --help."""
    here = Path.cwd()
    if (here / TUNER / "__main__.py").exists():
        sys.path.insert(0, str(here))
    if importlib.util.find_spec(TUNER) is None:
        raise MerZooError(
            "The search lives in the folder tuner of a checkout, which is not installed with the "
            "package. Run `mer-zoo tune` in a checkout, with pip install -e '.[tune]'."
        )
    sys.argv = ["mer-zoo tune", *context.args]
    runpy.run_module(TUNER, run_name="__main__")
