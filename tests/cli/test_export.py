"""`mer-zoo export`; what the files hold is tested in tests/exporting."""

from mer_zoo import exporting, zoo


def test_what_was_asked_for_is_handed_on(run, tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(exporting, "export", lambda *a, **k: asked.update(k, positional=a))
    file = tmp_path / "tiny.tflite"
    options = ("--to", "litert", "--with-preprocessing", "--frames", 64, "--force")
    code, printed, _ = run("export", "meganet_tiny", "--out", file, *options)
    assert code == 0 and "wrote" in printed
    assert asked == {
        "positional": (zoo.find("meganet_tiny").folder, file, "litert"),
        "with_preprocessing": True,
        "frames": 64,
        "force": True,
    }


def test_user_errors_are_one_message(run, tmp_path):
    code, _, complaint = run("export", "meganet_tiny", "--out", tmp_path / "tiny.bin")
    assert code == 2 and "ExportError" in complaint and ".onnx" in complaint
    code, _, complaint = run("export", "meganet_tinny", "--out", tmp_path / "tiny.onnx")
    assert code == 2 and "meganet_tiny" in complaint
