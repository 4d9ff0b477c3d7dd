"""Shared by all tests. The backend comes from KERAS_BACKEND; no test ever sets it."""

import pytest

BACKEND_FREE = (
    *("tests/cli/", "tests/clips/", "tests/datasets/", "tests/evaluation/", "tests/project/"),
    *("tests/synthesis/", "tests/docs/", "tests/tracking/", "tests/batch/", "tests/app/"),
    *(f"tests/tuner/test_{name}.py" for name in ("refusals", "search", "winner")),
)


SLOW = (
    *("tests/app/", "tests/batch/", "tests/exporting/", "tests/models/", "tests/tracking/"),
    *(
        "tests/training/",
        "tests/tuner/",
        "tests/cli/test_evaluating",
        "tests/cli/test_quiet_start",
        "tests/cli/test_resuming",
        "tests/docs/test_walkthroughs",
    ),
    *("tests/datasets/test_mutated_tables", "tests/layers/test_clip_layers"),
    *("tests/project/test_fuzz", "tests/project/test_processes", "tests/zoo/test_many_load"),
    *("tests/spotting/test_cuts", "tests/spotting/test_long_videos"),
)
"""What `python -m tests --fast` leaves out: most of the time, a third of the tests."""


def pytest_addoption(parser):
    parser.addoption("--save-in", help="exchange tests: save with this backend into the folder")
    parser.addoption("--load-in", help="exchange tests: load what the other backends saved")


def pytest_configure(config):
    meaning = "tells nothing new on another backend; run with one only"
    config.addinivalue_line("markers", f"backend_free: {meaning}")
    config.addinivalue_line("markers", "slow: left out by python -m tests --fast")


def pytest_collection_modifyitems(items):
    for item in items:
        if any(part in item.nodeid.replace("\\", "/") for part in BACKEND_FREE):
            item.add_marker(pytest.mark.backend_free)
        if any(part in item.nodeid.replace("\\", "/") for part in SLOW):
            item.add_marker(pytest.mark.slow)
