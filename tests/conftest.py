"""Shared by all tests. The backend comes from KERAS_BACKEND; no test ever sets it."""

import gc
import sys

import pytest

BACKEND_FREE = (
    *("tests/cli/", "tests/clips/", "tests/datasets/", "tests/evaluation/", "tests/project/"),
    *("tests/synthesis/", "tests/docs/", "tests/tracking/", "tests/batch/", "tests/app/"),
    *(f"tests/tuner/test_{name}.py" for name in ("refusals", "search", "winner")),
    # NumPy and OpenCV alone. A video's face is found by LiteRT, which every backend's face networks
    # are compared with in tests/faces/test_networks.py.
    *("tests/spotting/", "tests/modalities/test_flow.py", "tests/modalities/test_mesti.py"),
    *(
        f"tests/modalities/test_registry.py::test_{name}"
        for name in (
            *("every_modality", "a_mirrored_clip", "flipping", "a_batch_is_flipped", "the_centre"),
            *("unknown_names", "a_list_is", "every_parameter", "the_apex_frame", "a_missing_mark"),
            *("the_difference_is", "difference_and_flow", "frames_may", "a_clip_without_colour"),
        )
    ),
    "tests/modalities/test_mesti_formulas.py::test_the_twin",
    "tests/modalities/test_upper_face.py",
    "tests/modalities/test_apex_rank_pooling.py::test_weights",
    "tests/modalities/test_apex_rank_pooling.py::test_an_apex_at_an_end_gives_the_weights",
    *(
        f"tests/modalities/test_dynamic_image.py::test_{name}"
        for name in ("weights", "both_phases", "a_missing_phase", "one_frame", "an_unknown_variant")
    ),
    *(f"tests/faces/test_{name}.py" for name in ("alignment", "bridging", "stabilisation")),
    *(
        f"tests/faces/test_tracking.py::test_{name}"
        for name in (
            *("landmarks_follow", "motion_is", "a_fast_face", "a_lost_face", "a_cut", "one_face"),
            *("a_photograph", "frames_are", "no_frames", "bad_arguments"),
        )
    ),
    # `python -m tests` reads saved models in fresh processes of every backend (tests/exchange).
    "tests/zoo/test_load.py::test_a_saved_model_is_read_in_a_fresh_process",
    # Text and bytes of files, and refusals before a network is built.
    *("tests/recipes/", "tests/zoo/test_cards.py", "tests/faces/test_convert.py"),
    *(
        f"tests/zoo/test_quantization.py::test_{n}"
        for n in ("no_value", "what_was", "every_channel")
    ),
    *("tests/zoo/test_classifier.py::test_clips_that_cannot_be_read_are_named",),
    *(
        f"tests/training/test_training.py::test_{name}"
        for name in (
            *("a_start_that_saw", "photographs_that_cannot", "a_rig_that_is_not", "soft_targets"),
            *("batches_depend", "the_detection_score"),
        )
    ),
    *(
        f"tests/training/test_learner.py::test_{name}"
        for name in ("a_border_for_shifts", "what_cannot_be_evaluated", "clips_without_a_face")
    ),
    # One search, from a dataset to its champion, runs on every backend.
    *(f"tests/tuner/test_command.py::test_{name}" for name in ("errors_are", "the_command_needs")),
    # Another way to the same images: what an entry answers to an image is tested by golden outputs, and
    # a real video is read on every backend (test_a_real_smile_is_read).
    *("tests/zoo/test_spot_video.py", "tests/zoo/test_arrays.py"),
    *(
        f"tests/zoo/test_classifier.py::test_{name}"
        for name in ("a_frozen_face", "a_synthetic_expression", "a_video_and_its_frames")
    ),
    "tests/training/test_learner.py::test_faces_are_aligned_as_predict_does",
    # What a card says of it, and an entry that is but a head: the training and the files of all entries
    # are tested on every backend.
    "tests/training/test_precision.py::test_an_entry_loads_in_float32_and_its_card",
    "tests/training/test_training.py::test_an_entry_of_the_head_alone",
    # What is shown of maps. That they are right on every backend is what the other tests ask.
    *(
        f"tests/explain/test_attention.py::test_{name}"
        for name in ("the_explanation_of_a_report", "a_network_without_gates")
    ),
    *(
        f"tests/explain/test_heat_map.py::test_{name}"
        for name in (
            *("hiding_the_top", "a_map_is_drawn", "what_cannot_be_shown", "every_action_unit"),
            *("units_that_did_not_move", "an_entry_without_action_units"),
        )
    ),
    "tests/layers/test_motion_attention.py::test_sizes_are_the_documented_ones",
    # Scores of units by subject. An entry that names units is trained on every backend
    # (test_from_photographs_to_an_entry_that_names_units).
    "tests/training/test_unit_evaluation.py",
    # Three releases, each read and scored. Training from a release to an entry with its score runs on
    # every backend (test_weights_from_a_dataset_are_a_zoo_entry_with_an_honest_score).
    "tests/training/test_learner.py::test_loso_from_frames_by_mesti",
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
    *("tests/project/test_imports", "tests/cli/test_commands.py::test_verify_passes"),
    "tests/zoo/test_load.py::test_a_saved_model_is_read_in_a_fresh_process",
    *("tests/project/test_fuzz", "tests/project/test_processes", "tests/zoo/test_many_load"),
    *("tests/spotting/test_cuts", "tests/spotting/test_long_videos", "tests/spotting/test_talking"),
)
"""What `python -m tests --fast` leaves out: most of the time, a third of the tests."""


LEFT_OUT = {"not backend_free": BACKEND_FREE, "not slow": SLOW}
"""What pytest is told with `-m`, and the tests that it then leaves out."""


def pytest_ignore_collect(collection_path, config):
    """Reads no folder or file whose tests are left out: their imports take seconds."""
    path = collection_path.relative_to(config.rootpath).as_posix() + "/" * collection_path.is_dir()
    return any(part in path for part in LEFT_OUT.get(config.getoption("markexpr"), ())) or None


def pytest_addoption(parser):
    parser.addoption("--save-in", help="exchange tests: save with this backend into the folder")
    parser.addoption("--load-in", help="exchange tests: load what the other backends saved")


def pytest_configure(config):
    meaning = "tells nothing new on another backend; run with one only"
    config.addinivalue_line("markers", f"backend_free: {meaning}")
    config.addinivalue_line("markers", "slow: left out by python -m tests --fast")
    config.pluginmanager.register(FrozenHeap())


def pytest_collection_modifyitems(items):
    for item in items:
        if any(part in item.nodeid.replace("\\", "/") for part in BACKEND_FREE):
            item.add_marker(pytest.mark.backend_free)
        if any(part in item.nodeid.replace("\\", "/") for part in SLOW):
            item.add_marker(pytest.mark.slow)


class FrozenHeap:
    """Keeps what imports have made out of the garbage collector.

    A backend, MLflow and their like are a million objects. Keras collects garbage before each fit
    (`clear_session`), and the collector would go through all of them: up to half the time of the fit.
    """

    MODULES = 300  # so many new modules are worth the half second of a whole collection

    def __init__(self):
        self._modules = 0

    def pytest_collection_finish(self):
        self._freeze()

    def pytest_runtest_logfinish(self):
        if len(sys.modules) > self._modules + self.MODULES:
            self._freeze()

    def _freeze(self):
        gc.collect()
        gc.freeze()
        self._modules = len(sys.modules)
