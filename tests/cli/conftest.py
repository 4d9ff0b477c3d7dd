"""The command line, in this process: what it prints and how it exits."""

import sys

import pytest

from mer_zoo import cli


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs `mer-zoo` in this process: (exit code, what it printed, what it complained)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["mer-zoo", *map(str, arguments)])
        monkeypatch.setattr(cli.common.out, "_width", 160)
        monkeypatch.setattr(cli.common.err, "_width", 160)
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        printed = capsys.readouterr()
        return code, printed.out, " ".join(printed.err.split())

    return run
