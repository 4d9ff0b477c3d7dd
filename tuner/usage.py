"""How much of the machine a trial used: cores of the CPU, and the GPU where NVIDIA's library is."""

import contextlib
import importlib.util
import os
import threading
import time

SAMPLE = 1.0  # seconds between two looks at the GPU
MIB = 2**20


class DeviceUse:
    """Measures from entering to leaving it.

    Processor time is of this process alone. The GPU's share of time at work and its memory are of
    the whole GPU, by all programs, and need the package nvidia-ml-py (`import pynvml`); without it
    they are left out.
    """

    def __init__(self):
        self._busy: list[float] = []
        self._memory: list[float] = []
        self._done = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> "DeviceUse":
        self._wall, self._processor = time.perf_counter(), time.process_time()
        if importlib.util.find_spec("pynvml"):
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return self

    def __exit__(self, *failure) -> None:
        self._wall = time.perf_counter() - self._wall
        self._processor = time.process_time() - self._processor
        self._done.set()
        if self._watcher is not None:
            self._watcher.join()

    @property
    def metrics(self) -> dict[str, float]:
        """`cpu_cores`: cores used on average. `gpu_percent`: mean share of time the GPU was at work.

        `gpu_memory_mb`: the most memory in use on the GPU, MiB.
        """
        found = {"cpu_cores": self._processor / max(self._wall, 1e-9)}
        if self._busy:
            found["gpu_percent"] = sum(self._busy) / len(self._busy)
            found["gpu_memory_mb"] = max(self._memory)
        return found

    def _watch(self):
        import pynvml

        with contextlib.suppress(pynvml.NVMLError):  # no driver, or a GPU that does not tell
            pynvml.nvmlInit()
            try:
                gpu = _handle(pynvml)
                while True:
                    self._busy.append(float(pynvml.nvmlDeviceGetUtilizationRates(gpu).gpu))
                    self._memory.append(pynvml.nvmlDeviceGetMemoryInfo(gpu).used / MIB)
                    if self._done.wait(SAMPLE):
                        return
            finally:
                pynvml.nvmlShutdown()


def _handle(pynvml):
    """The first GPU this process may see; CUDA_VISIBLE_DEVICES names it by number or UUID."""
    name = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip() or "0"
    if name.isdigit():
        return pynvml.nvmlDeviceGetHandleByIndex(int(name))
    return pynvml.nvmlDeviceGetHandleByUUID(name)
