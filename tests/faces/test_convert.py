"""The shipped safetensors are what the conversion writes."""

import pytest

from mer_zoo.errors import WeightsError
from mer_zoo.faces.weights import BLAZEFACE, FACEMESH, WEIGHTS_FOLDER
from tools.convert_faces import blazeface_layers, convert, facemesh_layers

from .face_films import needs_litert


@needs_litert
@pytest.mark.parametrize(
    ("files", "names"), [(BLAZEFACE, blazeface_layers()), (FACEMESH, facemesh_layers())]
)
def test_conversion_reproduces_the_shipped_file(files, names, tmp_path):
    convert(WEIGHTS_FOLDER / files.tflite, files, names, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == (WEIGHTS_FOLDER / files.safetensors).read_bytes()


def test_another_file_is_refused(tmp_path):
    other = tmp_path / "other.tflite"
    other.write_bytes(b"TFL3")
    with pytest.raises(WeightsError, match=r"mediapipe 0\.10\.21"):
        convert(other, BLAZEFACE, blazeface_layers(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
