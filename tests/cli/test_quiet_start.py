"""Commands that only show cards start at once, and no command shows what a backend says at its start."""

import os
import re
import resource
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest

HEAVY = ("keras", "tensorflow", "torch", "jax", "cv2", "mlflow", "numpy")
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if find_spec(name)]
MOST_SECONDS = 0.5  # of processor time, on a machine that does nothing else
TRIES = 5

LIGHT = """
import sys
from mer_zoo.cli import main
sys.argv = ["mer-zoo", *sys.argv[1:]]
try:
    main()
finally:
    print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""

OURS = (
    r"source +label +probability +action units",
    r"(smile\.mp4|synthetic) +\w[\w ]+(\d\.\d\d +━*╸?)?( +([LR]?\d+\+?)+)?",
    r"Ground truth of the synthetic clip: .*",
    r"report: .*\.html",
)


def start(*command, **environment):
    """Runs Python: (the finished process, seconds of processor time)."""
    given = {**os.environ, "COLUMNS": "120", **environment}
    given.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages are compiled
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=600, env=given
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    "arguments", [("list",), ("card", "meganet_casme2"), ("--help",), ("--version",)], ids=" ".join
)
def test_showing_cards_starts_nothing(arguments, record_property):
    best = float("inf")
    for _ in range(TRIES):  # a busy machine has more chances
        done, seconds = start("-c", LIGHT, *arguments)
        best = min(best, seconds)
        if best < MOST_SECONDS * 0.8:
            break
    assert done.returncode == 0 and done.stdout, done.stderr
    loaded = done.stderr.rsplit("LOADED", 1)[1].split()
    assert not {*HEAVY} & {*loaded}
    print(f"mer-zoo {' '.join(arguments)}: {best:.2f} s of processor time")
    record_property("processor_seconds", round(best, 3))


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_line_of_the_demo_is_ours(backend, tmp_path):
    report = tmp_path / "demo.html"
    done, _ = start(
        "-m", "mer_zoo.cli", "demo", "--model", "meganet_tiny", "--report", report,
        KERAS_BACKEND=backend,
    )  # fmt: skip
    assert done.returncode == 0 and report.exists(), done.stderr
    assert done.stderr == ""
    strangers = [
        line
        for line in done.stdout.splitlines()
        if not any(re.fullmatch(own, line.rstrip()) for own in OURS)
    ]
    assert strangers == []


NOISY = """
import os
os.write(2, b"I0000 noise of native code\\n")
import sys
print("a warning of Python", file=sys.stderr)
{end}
"""


@pytest.mark.parametrize(
    ("end", "code", "shown"),
    [
        ("", 0, False),
        ("raise ImportError('no such library')", 1, True),
        ("os.abort()", -signal.SIGABRT, True),
    ],
    ids=["starts", "raises", "aborts"],
)
def test_what_a_backend_says_is_shown_when_it_fails(end, code, shown, tmp_path):
    (tmp_path / "keras.py").write_text(NOISY.format(end=end))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from mer_zoo.native_messages import quiet_backend_start\n"
        "quiet_backend_start()\nimport keras, os\nos.write(2, b'after\\n')"
    )
    done, _ = start("-c", program, str(tmp_path), TF_CPP_MIN_LOG_LEVEL="3")
    assert done.returncode == code
    assert ("noise of native code" in done.stderr) is shown
    assert "a warning of Python" in done.stderr
    assert ("after" in done.stderr) is (code == 0), "standard error is given back"
    wanted, _ = start("-c", program, str(tmp_path), TF_CPP_MIN_LOG_LEVEL="0")
    assert "noise of native code" in wanted.stderr, "for those who ask for messages"
