"""Pictures of a search as `mlflow ui` shows it, taken by a headless Chromium.

    mer-zoo tune recipes/meganet_casme2.toml --photos PORTRAITS --trials 8
    python benchmarks/mlflow_pictures.py . --out docs/pictures

Needs the package playwright and Debian's chromium (`apt-get install chromium`); nothing is downloaded.
"""

import argparse
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mer_zoo.files import write_atomically
from mer_zoo.tracking import Store
from tuner.records import BEST_TAG, SEARCH_TAG, TRIAL_TAG

WIDTH, HEIGHT = 1440, 760
PATIENCE = 120.0  # seconds for the server, and for every page
COLOURS = 128  # of a picture: what the pages show needs no more


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A bare `mlflow ui` typed in the folder; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "ui", "--port", str(port), "--workers", "1"]
    with (Path(folder) / "mlflow_ui.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/health", server)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait()


def _wait_for(address, server):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
        time.sleep(0.2)


@contextlib.contextmanager
def opened() -> Iterator:
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def tidy(page, address: str) -> None:
    """MLflow's page for training, without its assistant."""
    page.goto(address)
    page.get_by_text("Model training", exact=True).first.click()
    header = "//*[text()='MLflow Assistant']/ancestor::*[count(.//button) >= 3][1]//button"
    close = page.locator(f"xpath={header}").last
    with contextlib.suppress(Exception):  # other versions have none
        close.click(timeout=5000)


class Search:
    """The runs of the newest search in a folder's `mlflow.db`.

    Args:
        folder: where the search ran.
        recipe: its name; by default any.
    """

    def __init__(self, folder: Path, recipe: str | None = None):
        client = Store.at(f"sqlite:///{Path(folder).resolve() / 'mlflow.db'}").client()
        ids = [e.experiment_id for e in client.search_experiments()]
        wanted = f"tags.`{SEARCH_TAG}` != ''"
        if recipe:
            wanted += f" and params.recipe = '{recipe}'"
        (self.run,) = client.search_runs(ids, wanted, max_results=1)
        self.experiment, self.id = self.run.info.experiment_id, self.run.info.run_id
        trials = client.search_runs([self.experiment], f"tags.`mlflow.parentRunId` = '{self.id}'")
        number = {run.info.run_id: int(run.data.tags[TRIAL_TAG].split("/")[-1]) for run in trials}
        self.trials = sorted(number, key=lambda run: number[run])
        best = int(self.run.data.tags[BEST_TAG])
        (self.best,) = (run for run, of in number.items() if of == best)


def show_runs(page, address: str, search: Search) -> None:
    """The table of runs, best UF1 first."""
    order = "orderByKey=metrics.%60uf1%60&orderByAsc=false"
    page.goto(f"{address}/#/experiments/{search.experiment}/runs?{order}&compareRunsMode=TABLE")
    page.get_by_text("trial 0", exact=True).first.wait_for()
    page.get_by_role("button", name="Columns").click()
    page.get_by_text("uf1", exact=True).last.click()
    page.keyboard.press("Escape")


def show_comparison(page, address: str, search: Search) -> None:
    """The parallel coordinates of all trials."""
    runs, experiments = json.dumps(search.trials), json.dumps([search.experiment])
    page.goto(f"{address}/#/compare-runs?runs={runs}&experiments={experiments}")
    page.locator(".js-plotly-plot .parcoords").first.wait_for()
    # The metric trials are chosen by, beside the one MLflow shows first.
    page.get_by_role("combobox").nth(1).click(force=True)
    page.locator("[class*='select-item-option']").get_by_text("uf1", exact=True).last.click()
    page.keyboard.press("Escape")


def show_best(page, address: str, search: Search) -> None:
    """The run of the search, with the best trial."""
    page.goto(f"{address}/#/experiments/{search.experiment}/runs/{search.id}")
    page.get_by_text("best_uf1").first.wait_for()


def show_confusion(page, address: str, search: Search) -> None:
    """The confusion matrix of the best trial, among its artifacts."""
    runs = f"{address}/#/experiments/{search.experiment}/runs"
    page.goto(f"{runs}/{search.best}/artifacts/confusion.svg")
    page.locator("img[src^='blob:'], img[src*='confusion']").first.wait_for()
    # Where the folder lies on this machine is of no interest.
    page.get_by_text("Path:").first.evaluate("path => path.style.visibility = 'hidden'")


PAGES = {
    "mlflow-runs": show_runs,
    "mlflow-parallel-coordinates": show_comparison,
    "mlflow-search": show_best,
    "mlflow-confusion": show_confusion,
}


def picture(page) -> bytes:
    """The page as a PNG with few colours."""
    from PIL import Image

    page.wait_for_timeout(1500)  # until what moves has come to rest
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    content = io.BytesIO()
    image.quantize(COLOURS).save(content, "png", optimize=True)
    return content.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the search ran: mlflow.db is there")
    parser.add_argument("--recipe", help="whose search; by default the newest of all")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    given = parser.parse_args()
    search = Search(given.folder, given.recipe)
    with served(given.folder) as address, opened() as page:
        tidy(page, address)
        for name, show in PAGES.items():
            show(page, address, search)
            file = given.out / f"{name}.png"
            content = picture(page)
            write_atomically(file, content)
            print(f"{file}: {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
