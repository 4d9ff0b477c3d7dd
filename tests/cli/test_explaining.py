"""`mer-zoo explain --method` and `mer-zoo app`, up to where a browser is needed."""

import socket
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from mer_zoo.cli import demonstration


def test_gates_are_drawn_beside_the_face(run, tmp_path):
    picture = tmp_path / "gates.png"
    arguments = ("explain", demonstration.smile(), "--method", "attention", "--out", picture)
    code, printed, _ = run(*arguments)
    assert code == 0 and "gates of stage2_attention" in printed
    face, second, third = np.split(cv2.imread(str(picture)).astype(int), 3, axis=1)
    assert face.shape == (448, 448, 3)
    for gates in (second, third):
        assert np.abs(gates - face).max() > 40
    assert np.abs(second - third).max() > 40
    code, _, complaint = run(*arguments, "--label", "happiness")
    assert code == 2 and "--label and --units cannot be combined" in complaint
    code, _, complaint = run(*arguments[:-1], tmp_path / "x.png", "--method", "saliency")
    assert code == 2 and "gradcam" in complaint


def test_every_action_unit_has_a_picture(run, tmp_path):
    picture = tmp_path / "units.png"
    smile = demonstration.smile()
    code, printed, _ = run("explain", smile, "--units", "1+12", "--out", picture)
    assert code == 0
    assert "1 (inner brow raiser), 12 (lip corner puller)" in " ".join(printed.split())
    assert cv2.imread(str(picture)).shape == (448, 3 * 448, 3)
    for wrong, told in (
        ("12+x", "expected numbers such as 1+2"),
        ("3", "no action unit named '3'"),
    ):
        code, _, complaint = run("explain", smile, "--units", wrong, "--out", tmp_path / "no.png")
        assert code == 2 and told in complaint
    assert not (tmp_path / "no.png").exists()


@pytest.mark.skipif(find_spec("gradio") is None, reason="Gradio is not installed (extra [app])")
def test_a_taken_port_is_an_error_with_its_mend(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, complaint = run("app", "--port", port, "--no-browser")
    assert code == 2 and f"Port {port} of 127.0.0.1 cannot be used" in complaint
    assert "--port" in complaint and "Traceback" not in complaint


def test_an_unknown_entry_ends_before_the_page_begins(run):
    code, _, complaint = run("app", "--model", "meganet_casme", "--no-browser")
    assert code == 2 and "Did you mean 'meganet_casme2'" in complaint
