"""Shared by all tests. The backend comes from KERAS_BACKEND; no test ever sets it."""

import pytest

BACKEND_FREE = (
    *("tests/cli/", "tests/clips/", "tests/datasets/", "tests/evaluation/", "tests/project/"),
    *("tests/synthesis/", "tests/docs/", "tests/tracking/", "tests/batch/", "tests/app/"),
    *(f"tests/tuner/test_{name}.py" for name in ("refusals", "search", "winner")),
)


SLOW = (
    *("tests/app/", "tests/batch/", "tests/exporting/", "tests/tuner/", "tests/models/"),
    *("tests/training/", "tests/tracking/", "tests/docs/test_walkthroughs"),
)
"""What `python -m tests --fast` leaves out: more than half of the time."""


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
