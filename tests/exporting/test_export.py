"""Exported files: they answer as the model does, say who they are, and never cost what was there."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo import exporting
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import (
    ExportError,
    MissingPackageError,
    OutputExistsError,
    UnknownNameError,
    WeightsError,
)
from mer_zoo.exporting import FORMATS
from mer_zoo.exporting.graph import clip_graph, image_graph
from mer_zoo.exporting.reading import module_of
from mer_zoo.spotting import find_expression
from mer_zoo.zoo.golden import golden_clips, golden_probabilities

BACKEND = keras.backend.backend()
# An entry that has but a head of its own is the same network as the one it builds upon.
WHOLE_ENTRIES = [name for name in mer_zoo.list_models() if not mer_zoo.card(name).weights.base]


def needs(name: str):
    known = FORMATS[name]
    if BACKEND not in known.backends:
        pytest.skip(f"{known.title} is not written from {BACKEND}")
    try:
        known.check_backend(BACKEND)
    except MissingPackageError as error:
        pytest.skip(str(error))
    return known


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_tiny")


@pytest.mark.parametrize("to", FORMATS)
def test_a_file_answers_as_the_model_and_says_who_it_is(to, model, tmp_path):
    known = needs(to)
    path = exporting.export(model, tmp_path / f"tiny{known.suffix}", to)
    images = np.stack([model.preprocess(clip) for clip in golden_clips().values()])
    run = module_of(known).runner(path)
    one_by_one = BACKEND in known.images_one_by_one
    for batch in (images[:1],) if one_by_one else (images, images[:1]):
        expected = model.predict_on_batch(batch)
        np.testing.assert_allclose(run({"image": batch}), expected, atol=1e-4)

    card, found = mer_zoo.card("meganet_tiny"), exporting.read_metadata(path)
    assert found["entry"] == "meganet_tiny"
    assert found["class_names"] == card.class_names
    assert found["weights_sha256"] == card.weights.sha256
    assert found["licence"] == card.licence
    assert found["limits"] == card.limits
    assert found["preprocessing"]["modality"] == "mesti"
    assert found["preprocessing_included"] is False
    assert "112 px" in found["alignment"]
    side = card.preprocessing.image_size
    shape = [1 if one_by_one else None, side, side, 3]
    assert found["inputs"] == {"image": {"shape": shape, "dtype": "float32"}}

    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    with pytest.raises(OutputExistsError, match="exists already"):
        exporting.export(model, path, to)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before, "nothing but the file"


@pytest.mark.skipif(BACKEND != "torch", reason="once; it is the quickest from torch")
@pytest.mark.parametrize("name", WHOLE_ENTRIES)
def test_every_network_of_the_package_is_exported(name, tmp_path):
    needs("onnx")
    path = exporting.export(name, tmp_path / "entry.onnx")
    assert exporting.read_metadata(path)["class_names"] == mer_zoo.card(name).class_names


ALONE = """
import sys
for blocked in ("keras", "mer_zoo", "tensorflow", "jax"):
    sys.modules[blocked] = None  # importing it is an error
import numpy as np, torch
program = torch.export.load(sys.argv[1]).module()
inputs = dict(np.load(sys.argv[2]))
expected = inputs.pop("expected")
with torch.no_grad():
    for part in (slice(0, 1), slice(None)):
        answer = program(**{name: torch.from_numpy(value[part]) for name, value in inputs.items()})
        np.testing.assert_allclose(answer.numpy(), expected[part], atol=1e-4)
print("answers alike", len(expected))
"""


@pytest.mark.parametrize(
    ("name", "with_preprocessing"), [("meganet_tiny", False), ("meganet_tiny", True)]
)
def test_a_program_of_pytorch_needs_pytorch_alone(name, with_preprocessing, tmp_path):
    needs("torch")
    model = mer_zoo.load(name)
    options = {"with_preprocessing": with_preprocessing}
    path = exporting.export(model, tmp_path / "entry.pt2", "torch", **options)
    graph = clip_graph(model, None) if with_preprocessing else image_graph(model)
    np.savez(tmp_path / "golden.npz", expected=graph.expected, **graph.example)
    arguments = [sys.executable, "-c", ALONE, path, tmp_path / "golden.npz"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.stdout.strip() == f"answers alike {len(graph.expected)}", done.stderr


def test_a_file_is_replaced_where_that_is_asked_for(model, tmp_path):
    needs("onnx")
    path = tmp_path / "entry.onnx"
    path.write_text("old")
    exporting.export(model, path, force=True)
    assert exporting.read_metadata(path)["class_names"] == model.class_names
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(BACKEND != "torch", reason="once; it is the quickest from torch")
def test_frames_of_a_real_video_go_in_when_mesti_is_a_part_of_the_file(model, tmp_path):
    known = needs("onnx")
    path = exporting.export(model, tmp_path / "tiny.onnx", with_preprocessing=True)
    assert exporting.read_metadata(path)["preprocessing_included"] is True
    run = module_of(known).runner(path)
    stream = open_frames(demonstration.smile())
    smile = find_expression(stream, size=112, start=8, stop=32).clip
    for clip in (smile, *golden_clips().values()):
        marks = dict(zip(("onset", "apex", "offset"), clip.phases, strict=True))
        phases = {name: np.array([mark], np.int32) for name, mark in marks.items()}
        answer = run({"frames": np.ascontiguousarray(clip.frames)[None], **phases})
        even = Clip.from_array(clip.frames, fps=30).with_phases(**marks)
        expected = model.predict_on_batch(model.preprocess(even)[None])
        np.testing.assert_allclose(answer, expected, atol=1e-4)


@pytest.mark.parametrize("to", [n for n, f in FORMATS.items() if BACKEND not in f.backends])
def test_a_backend_that_cannot_names_one_that_can(to, tmp_path):
    known = FORMATS[to]
    with pytest.raises(ExportError, match=f"{BACKEND}.*KERAS_BACKEND={known.backends[0]}"):
        exporting.export("meganet_tiny", tmp_path / f"tiny{known.suffix}", to)
    assert not list(tmp_path.iterdir())


def test_a_file_that_answers_otherwise_is_not_kept(model, tmp_path, monkeypatch):
    name = next(n for n, f in FORMATS.items() if BACKEND in f.backends)
    known = FORMATS[name]
    path = tmp_path / f"tiny{known.suffix}"

    def runner(path):
        return lambda inputs: np.full((1, 5), 0.2, np.float32)

    monkeypatch.setattr(module_of(known), "write", lambda graph, path, text: path.write_text(text))
    monkeypatch.setattr(module_of(known), "runner", runner)
    monkeypatch.setattr(type(known), "check_backend", lambda *_: None)
    with pytest.raises(ExportError, match="differ by"):
        exporting.export(model, path, name)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_asked_for_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting.Format, "check_backend", lambda *_: None)
    with pytest.raises(UnknownNameError, match="'onnx'"):
        exporting.export(model, tmp_path / "a.onx", "onx")
    with pytest.raises(ExportError, match=r"end in \.onnx"):
        exporting.export(model, tmp_path / "a.bin")
    with pytest.raises(ExportError, match="with_preprocessing=True"):
        exporting.export(model, tmp_path / "a.onnx", frames=30)
    with pytest.raises(ExportError, match="one length only"):
        exporting.export(model, tmp_path / "a.tflite", "litert", with_preprocessing=True)
    with pytest.raises(ExportError, match="at least 4"):
        exporting.export(model, tmp_path / "a.onnx", with_preprocessing=True, frames=2)
    with pytest.raises(ExportError, match="'flow'"):
        exporting.export("meganet_flow_megc2019", tmp_path / "a.onnx", with_preprocessing=True)
    fresh = mer_zoo.load("meganet_tiny", class_names=["calm", "tense"])
    with pytest.raises(WeightsError, match="not been trained"):
        exporting.export(fresh, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="may write to"):
        exporting.export(model, tmp_path / "file" / "a.onnx")


def test_a_folder_that_is_no_export_is_never_replaced(model, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting.Format, "check_backend", lambda *_: None)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="not an earlier export"):
        exporting.export(model, mine, "saved_model", force=True)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_files_without_metadata_are_named(tmp_path):
    with pytest.raises(ExportError, match="does not exist"):
        exporting.read_metadata(tmp_path / "a.onnx")
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ExportError, match="no exported model"):
        exporting.read_metadata(tmp_path / "a.txt")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="no metadata"):
        exporting.read_metadata(tmp_path / "folder")


def test_a_damaged_file_is_named(tmp_path):
    pytest.importorskip("ai_edge_litert")
    (tmp_path / "a.tflite").write_bytes(b"\0" * 64)
    with pytest.raises(ExportError, match="cannot be read"):
        exporting.read_metadata(tmp_path / "a.tflite")


def test_weights_trained_since_are_not_passed_off_as_those_of_the_card(model):
    from mer_zoo.exporting.graph import image_graph
    from mer_zoo.exporting.metadata import describe

    graph = image_graph(model)
    assert describe(model, graph, False)["weights_sha256"] == model.card.weights.sha256
    trained = mer_zoo.load("meganet_tiny")
    head = trained.network.get_layer("head")
    head.set_weights([0.5 * w for w in head.get_weights()])
    assert np.ptp(golden_probabilities(trained, trained.card.golden.clips)) > 0
    assert describe(trained, graph, False)["weights_sha256"] is None
