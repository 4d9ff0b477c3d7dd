"""STSTNet: the same numbers as the PyTorch network of the published table."""

import sys

import keras
import numpy as np
import pytest

from mer_zoo import models
from mer_zoo.errors import WeightsError
from mer_zoo.models.ststnet import BorderedMaxPooling
from tools.ststnet_from_pytorch import from_pytorch

from .network_contract import (
    assert_takes_downscaled_images,
    images_for,
)

OURS = ("u", "v", "strain")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return models.STSTNet(input_shape=(20, 31, 2), num_classes=5, branches=(2, 3))


def state_dict(classes=3, grid=(5, 5), seed=0, prefix=""):
    """An STSTNet's tensors with the names and shapes of PyTorch's state dict."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for i, width in enumerate((3, 5, 8), start=1):
        tensors[f"conv{i}.weight"] = rng.normal(size=(width, 3, 3, 3))
        tensors[f"conv{i}.bias"] = rng.normal(size=width)
    for i, width in enumerate((3, 5, 8), start=1):
        tensors[f"bn{i}.weight"] = rng.normal(size=width)
        tensors[f"bn{i}.bias"] = rng.normal(size=width)
        tensors[f"bn{i}.running_mean"] = rng.normal(size=width)
        tensors[f"bn{i}.running_var"] = rng.uniform(0.1, 2, width)
    tensors["fc.weight"] = rng.normal(size=(classes, 16 * grid[0] * grid[1])) * 0.05
    tensors["fc.bias"] = rng.normal(size=classes)
    return {prefix + name: values.astype(np.float32) for name, values in tensors.items()}


def write_safetensors(path, tensors):
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(v) for name, v in tensors.items()}, path)
    return path


def write_pytorch(path, tensors):
    torch = pytest.importorskip("torch")
    state = {}
    for name, values in tensors.items():
        state[name] = torch.from_numpy(values)
        if name.endswith("running_var"):
            state[name.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
    torch.save(state, path)
    return path


def answers_of_pytorch(tensors, images, order):
    """The published network in plain PyTorch functions; `order` names the channels it wants."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    t = {name: torch.from_numpy(values) for name, values in tensors.items()}
    x = torch.from_numpy(images[..., [OURS.index(c) for c in order]]).permute(0, 3, 1, 2)
    streams = []
    for i in (1, 2, 3):
        y = functional.conv2d(x, t[f"conv{i}.weight"], t[f"conv{i}.bias"], padding=2).relu()
        statistics = t[f"bn{i}.running_mean"], t[f"bn{i}.running_var"]
        y = functional.batch_norm(y, *statistics, t[f"bn{i}.weight"], t[f"bn{i}.bias"])
        streams.append(functional.max_pool2d(y, 3, 3, padding=1))
    y = functional.avg_pool2d(torch.cat(streams, dim=1), 2, 2).flatten(1)
    return functional.linear(y, t["fc.weight"], t["fc.bias"]).softmax(dim=1).numpy()


def test_default_size_is_the_documented_one():
    network = models.STSTNet()
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == 1_683
    assert network.get_layer("pool").output.shape == (None, 5, 5, 16)


@pytest.mark.parametrize(
    ("size", "order"),
    [((28, 28), ("strain", "v", "u")), ((29, 40), OURS), ((33, 27), ("v", "strain", "u"))],
)
def test_converted_weights_answer_as_pytorch(tmp_path, size, order):
    grid = tuple(((n + 1) // 3 + 1) // 2 for n in size)
    tensors = state_dict(classes=4, grid=grid)
    path = write_pytorch(tmp_path / "s.pth", tensors)
    network = from_pytorch(path, input_shape=(*size, 3), input_order=order)
    images = np.random.default_rng(1).normal(size=(4, *size, 3)).astype(np.float32)
    expected = answers_of_pytorch(tensors, images, order)
    np.testing.assert_allclose(network.predict_on_batch(images), expected, atol=1e-5)


def test_published_channels_are_strain_v_u(tmp_path):
    path = write_safetensors(tmp_path / "s.safetensors", state_dict())
    published = from_pytorch(path)
    ours = from_pytorch(path, input_order=OURS)
    images = images_for(ours)
    np.testing.assert_allclose(
        published.predict_on_batch(images[..., ::-1]), ours.predict_on_batch(images), atol=1e-6
    )


@pytest.mark.parametrize("prefix", ["", "module."])
def test_safetensors_and_pytorch_files_give_one_network(tmp_path, prefix):
    tensors = state_dict(prefix=prefix)
    first = from_pytorch(write_safetensors(tmp_path / "s.safetensors", tensors))
    second = from_pytorch(write_pytorch(tmp_path / "s.pth", tensors))
    for mine, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_arguments_reach_the_converted_network(tmp_path):
    path = write_safetensors(tmp_path / "s.safetensors", state_dict())
    network = from_pytorch(path, dropout=0.1, activation=None, name="subject_6")
    assert network.name == "subject_6" and network.get_config()["dropout"] == 0.1
    assert network.predict_on_batch(images_for(network)).min() < 0


def without(*parts):
    return {n: v for n, v in state_dict().items() if not n.endswith(parts)}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (without("fc.weight"), "found 3 convolutions, 3 batch normalisations and 0 linear"),
        (without("bn2.running_var"), "2 batch normalisations"),
        (without("conv1.bias"), "no bias"),
        (state_dict(grid=(5, 6)), "takes 480 features, but images of 28x28 px give 400"),
        ({**state_dict(), "conv1.weight": np.zeros((3, 3, 5, 5), np.float32)}, "another network"),
        ({**state_dict(), "bn1.bias": np.zeros(5, np.float32)}, "branch1_norm needs tensors"),
        ({"a": np.zeros(3, np.float32)}, "found 0 convolutions"),
    ],
)
def test_files_of_other_networks_are_refused(tmp_path, tensors, message):
    path = write_safetensors(tmp_path / "s.safetensors", tensors)
    with pytest.raises(WeightsError, match=message):
        from_pytorch(path)


def test_files_that_hold_no_tensors_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="no file"):
        from_pytorch(tmp_path / "absent.pth")
    (tmp_path / "text.safetensors").write_bytes(b"hello")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        from_pytorch(tmp_path / "text.safetensors")
    with pytest.raises(ValueError, match="input_order"):
        from_pytorch(tmp_path / "absent.pth", input_order=("u", "v", "u"))


def test_code_in_pytorch_files_is_never_run(tmp_path):
    torch = pytest.importorskip("torch")

    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").touch, ()

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(WeightsError, match="state_dict"):
        from_pytorch(tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()
    torch.save({"epoch": 3, "state": {"a": torch.zeros(2)}}, tmp_path / "checkpoint.pth")
    with pytest.raises(WeightsError, match="more than tensors"):
        from_pytorch(tmp_path / "checkpoint.pth")


def test_without_pytorch_the_error_says_so(tmp_path, monkeypatch):
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch is the backend")
    (tmp_path / "s.pth").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(WeightsError, match="pip install torch"):
        from_pytorch(tmp_path / "s.pth")


def test_what_lies_outside_the_map_never_wins():
    layer = BorderedMaxPooling()
    maps = -np.arange(1, 51, dtype=np.float32).reshape(1, 5, 5, 2)
    pooled = keras.ops.convert_to_numpy(layer(maps))
    assert pooled.shape == layer.compute_output_shape(maps.shape) == (1, 2, 2, 2)
    np.testing.assert_array_equal(pooled[0, ..., 0], [[-1, -5], [-21, -25]])


def test_a_larger_image_is_averaged_over_squares():
    assert_takes_downscaled_images(models.STSTNet, (7, 10, 3), 2)


def test_impossible_networks_are_refused():
    with pytest.raises(ValueError, match="at least 2 px"):
        models.STSTNet(input_shape=(28, 1, 3))
    assert models.STSTNet(input_shape=(2, 2, 3)).get_layer("flatten").output.shape == (None, 16)
    with pytest.raises(ValueError, match="one stream"):
        models.STSTNet(branches=())
