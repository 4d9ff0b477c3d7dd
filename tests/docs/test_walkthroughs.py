"""Pages followed literally: what a reader types on them works, from the first line to the last."""

import ast
import json
import shlex
import sys

import cv2
import pytest
from skimage import data
from typer.testing import CliRunner

import mer_zoo
from mer_zoo import models
from mer_zoo.cli import app
from mer_zoo.errors import UnknownNameError
from tests.docs.pages import ROOT, blocks, commands
from tests.photographs import write_photographs

pytestmark = pytest.mark.backend_free

ADDING = ROOT / "docs" / "adding-a-network.md"
NOTEBOOK = ROOT / "docs" / "first_steps.ipynb"
READINGS = ROOT / "docs" / "readings.ipynb"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in, with a photograph in the public domain."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(tmp_path))
    cv2.imwrite("me.jpg", data.astronaut()[:300, 80:380, ::-1])
    return tmp_path


def test_quickstart(here):
    page = ROOT / "docs" / "quickstart.md"
    for command in commands(page):
        done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
    for name in ("clip.mp4", "clip.json", "reading.html", "why.png"):
        assert (here / name).stat().st_size > 100
    names: dict = {}
    for code in blocks(page, "python"):
        exec(code, names)
    assert names["reading"].label == "happiness"
    assert names["images"].shape == (2, 64, 64, 3)
    assert (here / "again.html").exists()


def test_scoring(here, capsys):
    page = ROOT / "docs" / "scoring.md"
    calls, log = blocks(page, "python")
    exec(log, {})
    assert [capsys.readouterr().out] == blocks(page, "text")
    (here / "log.csv").rename("predictions.csv")
    names: dict = {}
    exec(calls, names)
    for command in commands(page):
        done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
    stored = json.loads((here / "results" / "theirs" / "result.json").read_text())
    assert stored["scores"]["uf1"]["mean"] == names["result"].uf1


def test_adding_a_network(here):
    file, training, comparing = blocks(ADDING, "python")
    (here / "my_network.py").write_text(file)
    recipe = (ROOT / "recipes" / "meganet_tiny.toml").read_text("utf-8")
    before, rest = recipe.split("[network]")
    rest = "[augmentation]" + rest.split("[augmentation]")[1]
    recipe = before + '[network]\nname = "PooledNet"\n\n' + rest
    for old, new in (
        ('name = "meganet_tiny"', 'name = "pooled_casme2"'),
        ("clips_per_identity = 12", "clips_per_identity = 6"),
        ('rigs = ["makehuman", "ict"]', 'rigs = ["makehuman"]'),
        ("epochs = 8", "epochs = 1"),
        ("seeds = [1, 2, 3]", "seeds = [1]"),
        ("batch_size = 64", "batch_size = 16"),
    ):
        assert old in recipe
        recipe = recipe.replace(old, new, 1)
    (here / "pooled.toml").write_text(recipe)
    write_photographs(here / "portraits")
    try:
        exec(training, {})
        model = mer_zoo.load("./pooled_casme2")
        assert model.card.network.name == "PooledNet" and model.card.trained_on.real_clips == 0
        assert mer_zoo.zoo.golden.verify(here / "pooled_casme2").passed
        (here / "compare.toml").write_text(*blocks(ADDING, "toml"))
        names: dict = {}
        exec(comparing, names)
        assert list(names["results"]) == ["MEGANet", "PooledNet"]
        assert names["results"]["PooledNet"].uf1 == pytest.approx(
            model.card.metrics[0].value, abs=1e-4
        )
    finally:
        models.NETWORKS.pop("PooledNet", None)
        sys.modules.pop("my_network", None)
    with pytest.raises(UnknownNameError, match=r"PooledNet.*imported first"):
        mer_zoo.load("./pooled_casme2")


def test_the_notebook_runs_from_top_to_bottom(here):
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    names: dict = {"display": lambda *shown: None}
    ran = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            ran += 1
    assert ran >= 5


def test_the_notebook_of_readings_shows_what_it_says(here):
    pytest.importorskip("matplotlib").use("agg")
    cells = json.loads(READINGS.read_text("utf-8"))["cells"]
    names: dict = {}
    shown = []
    for code in ("".join(c["source"]) for c in cells if c["cell_type"] == "code"):
        body = ast.parse(code).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), READINGS.name, "exec"), names)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), READINGS.name, "eval"), names))
    tables = [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    models, reading, both, many = tables
    assert "<td>meganet_casme2</td>" in models and "surprise" in reading
    assert reading.count("<img") == 5 and reading.count('role="img"') == 2  # motion, action units
    assert both.count("<tr") == 3 and many.count("<tr") == 2 and "p_surprise" in many
    assert names["reading"].label == "surprise"
    assert (here / "reading.png").exists() and (here / "readings.csv").exists()


def test_the_same_name_twice_is_refused():
    class MEGANet(models.Network):
        pass

    with pytest.raises(ValueError, match="MEGANet already"):
        models.register(MEGANet)
