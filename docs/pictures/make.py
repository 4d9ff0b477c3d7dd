"""Makes the pictures of the documentation anew.

    python docs/pictures/make.py                    # the page, the report, what MESTI shows
    python docs/pictures/make.py --search FOLDER    # also those of a search, from the mlflow.db in its folder

Needs `python -m pip install ".[torch,fast,app,test]"` (or another backend) and Chromium
(Debian: `apt-get install chromium`); `--search` needs the extra `tune` and a finished
`mer-zoo tune` (docs/tracking.md).
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {
    "docs/pictures/app.py": ("app.png", "app_dark.png", "report.png"),
    "benchmarks/mesti_pictures.py": ("mesti.jpg",),
}
"""Script -> what it writes to docs/pictures."""
OF_A_SEARCH = {
    "benchmarks/mlflow_pictures.py": (
        "mlflow-confusion.png",
        "mlflow-parallel-coordinates.png",
        "mlflow-runs.png",
        "mlflow-search.png",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--search", type=Path, help="folder of a search: mlflow.db is there")
    search = parser.parse_args().search
    for script in PICTURES:
        run(script)
    if search is not None:
        for script in OF_A_SEARCH:
            run(script, str(search.resolve()))


def run(script: str, *arguments: str) -> None:
    """Runs a script of the repository in its root; ends with its error if it fails."""
    print(f"== {script}", flush=True)
    subprocess.run([sys.executable, script, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
