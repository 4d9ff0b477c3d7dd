"""JAX compiles a network for each fold anew, though it is the same program; this keeps the first."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory


def shared_folder(backend: str) -> AbstractContextManager[str | None]:
    """A temporary folder for what the folds of one evaluation compile; None where nothing is kept.

    PyTorch compiles nothing here, and TensorFlow's functions cannot be written to a file.
    """
    if backend != "jax":
        return nullcontext()
    return TemporaryDirectory(prefix="mer_zoo-compiled-", ignore_cleanup_errors=True)


@contextmanager
def kept_in(folder: str | None) -> Iterator[None]:
    """Meanwhile, what JAX compiles is kept in this folder, and read from it.

    Nothing is kept without a folder, on a machine that does not have it (a worker of Dask or Ray),
    or if the user has a cache of compilations (`JAX_COMPILATION_CACHE_DIR`), which then serves.
    """
    if folder is None or not Path(folder).is_dir():
        yield
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    if jax.config.jax_compilation_cache_dir:
        yield
        return
    wanted = {
        "jax_compilation_cache_dir": folder,
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }
    before = {name: getattr(jax.config, name) for name in wanted}
    _configure(wanted)
    compilation_cache.reset_cache()  # JAX looks at the folder once
    try:
        yield
    finally:
        _configure(before)
        compilation_cache.reset_cache()


def _configure(values: dict) -> None:
    import jax

    for name, value in values.items():
        jax.config.update(name, value)
