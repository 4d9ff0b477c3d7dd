"""What a user sees: a bare `mlflow ui` in the folder of a search, in a real browser."""

import importlib.util
import re
import shutil

import pytest


@pytest.mark.backend_free
def test_mlflow_ui_shows_the_search(finished):
    if not shutil.which("chromium") or not importlib.util.find_spec("playwright"):
        pytest.skip("needs chromium (apt-get install chromium) and the package playwright")
    from benchmarks import mlflow_pictures as pictures

    place, outcome = finished
    search = pictures.Search(place.folder)
    with pictures.served(place.folder) as address, pictures.opened() as page:
        pictures.tidy(page, address)
        pictures.show_runs(page, address, search)
        for trial in outcome.trials:
            page.get_by_text(f"trial {trial.number}", exact=True).first.wait_for()
        pictures.show_comparison(page, address, search)
        page.get_by_text(f"Comparing {len(outcome.trials)} Runs").first.wait_for()
        pictures.show_best(page, address, search)
        shown = [float(number) for number in re.findall(r"\b[01]\.\d+", page.inner_text("body"))]
        assert any(abs(number - outcome.best.uf1) < 0.01 for number in shown), shown
        pictures.show_confusion(page, address, search)
        page.get_by_text(f"trial {outcome.best.number}").first.wait_for()
        assert pictures.picture(page).startswith(b"\x89PNG")
