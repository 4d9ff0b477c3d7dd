"""Programs of PyTorch (`torch.export`, `.pt2`), which PyTorch alone loads and runs."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.exporting.formats import KEY

if TYPE_CHECKING:
    from mer_zoo.exporting.graph import Graph

METADATA = f"{KEY}.json"
FOLDER = "extra"  # where `torch.export.save` puts the files that are not its own
MOST_BYTES = 1_000_000  # of the metadata


def write(graph: "Graph", path: Path, text: str) -> None:
    """Writes the graph; `text` is its metadata."""
    import keras
    import torch
    from torch.export.passes import move_to_device_pass

    sizes = {
        tensor.name: {
            axis: torch.export.Dim.AUTO for axis, size in enumerate(tensor.shape) if size is None
        }
        for tensor in graph.network.inputs
    }
    example = {name: keras.ops.convert_to_tensor(value) for name, value in graph.example.items()}
    with torch.no_grad():
        program = torch.export.export(
            module_of_graph(graph), (), example, dynamic_shapes=sizes, strict=False
        )
    program = move_to_device_pass(program, "cpu")  # of a model on a GPU, too
    torch.export.save(program, path, extra_files={METADATA: text})


def runner(path: Path):
    """Returns a function from inputs by name to probabilities."""
    import torch

    program = torch.export.load(path).module()

    def run(inputs):
        tensors = {name: torch.from_numpy(value) for name, value in inputs.items()}
        with torch.no_grad():
            return program(**tensors).numpy()

    return run


def read_metadata(path: Path) -> str | None:
    """Returns the metadata as text, None where there is none. The file is a zip archive."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.split("/")[1:] == [FOLDER, METADATA]:
                if entry.file_size > MOST_BYTES:
                    raise ValueError(f"its metadata have {entry.file_size:,} bytes")
                return archive.read(entry).decode("utf-8")
    return None


def module_of_graph(graph: "Graph"):
    """A PyTorch module whose arguments have the names of the inputs."""
    import torch

    network = graph.network
    graph.answer()  # Keras builds its function at the first call, which cannot be traced

    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

    class OfImages(Named):
        def forward(self, image):
            return self.network(image)

    class OfFrames(Named):
        def forward(self, frames, onset, apex, offset):
            return self.network([frames, onset, apex, offset])

    return (OfImages if len(network.inputs) == 1 else OfFrames)().eval()
