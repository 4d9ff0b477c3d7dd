"""A batch: every video has its row whatever happens, the table and the page hold them all."""

import html.parser
import os
import sys
from unittest import mock

import pandas as pd
import psutil
import pytest

from mer_zoo.batch import run
from mer_zoo.errors import BatchError, MissingPackageError, UnknownNameError, WeightsError
from tests.batch.stand_ins import StandIn
from tests.in_browser import NARROW, SCHEMES, chromium, faults

pytestmark = pytest.mark.backend_free

COLUMNS = [
    *("path", "entry", "label", "p_calm", "p_tense", "onset", "apex", "offset", "motion", "fps"),
    *("talking", "action_units", "seconds", "status", "error"),
    *("onset_seconds", "apex_seconds", "offset_seconds", "numbering"),
]


@pytest.mark.parametrize("out", ["r.csv", "r.parquet"])
def test_the_table_has_a_row_a_video_and_says_what_went_wrong(videos, read, tmp_path, out):
    (videos / "c.mp4").write_text("raises")
    frame, names = read([videos, tmp_path / "nothing.mp4"], out)
    assert names == [*"abcdef", "nothing"] and len(frame) == 7
    stored = (pd.read_csv if out.endswith("csv") else pd.read_parquet)(tmp_path / out)
    assert list(stored.columns) == COLUMNS and list(frame.columns) == COLUMNS
    by_name = stored.set_index(stored["path"].str.rsplit("/", n=1).str[-1])
    assert by_name.loc["c.mp4", "error"] == "ZeroDivisionError: by a video"
    assert by_name.loc["nothing.mp4", "error"].startswith("FileNotFoundError")
    assert list(by_name["status"]).count("failed") == 2
    fine = by_name.loc["e.mp4"]
    assert fine["label"] == "tense" and fine["p_tense"] == 0.75 and fine["apex"] == 3
    assert fine["apex_seconds"] == pytest.approx(0.1)
    assert pd.isna(fine["error"]) and pd.isna(by_name.loc["c.mp4", "apex"])


def test_a_video_that_kills_its_process_does_not_stop_the_others(videos, read, tmp_path):
    (videos / "b.mp4").write_text("dies")
    frame, _ = read(videos, jobs=2)
    assert list(frame["status"]) == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert "WorkerDied" in frame["error"][1]
    pids = {line.split()[0] for line in (tmp_path / "diary").read_text().splitlines()}
    assert len(pids) >= 2
    assert read(videos, jobs=2)[1] == [], "nor is it tried again and again"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the video that hangs is a named pipe")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_video_that_hangs_does_not_stop_the_others(videos, read, tmp_path, jobs):
    """It is a pipe that nobody writes to, so that reading it never ends.

    It comes first: with two processes, one may read all the others while the second still starts.
    """
    endless = videos / "a.mp4"
    endless.unlink()
    os.mkfifo(endless)
    frame, _ = read(videos, jobs=jobs, timeout=2.5)
    assert list(frame["status"]) == ["failed", "ok", "ok", "ok", "ok", "ok"]
    assert f"{endless} was not read within 2.5 s" in frame["error"][0]
    assert frame["seconds"][0] == 2.5
    read_by = [line.split() for line in (tmp_path / "diary").read_text().splitlines()]
    pid = next(pid for pid, name in read_by if name == "a.mp4")
    others = [other for other, name in read_by if name != "a.mp4"]
    assert len(others) == 5 and pid not in (*others, str(os.getpid())), "its process is replaced"
    assert not psutil.pid_exists(int(pid))
    endless.unlink()
    endless.write_text("fine")
    frame, names = read(videos, jobs=jobs, retry_failed=True)
    assert names == ["a"] and set(frame["status"]) == {"ok"}


def test_a_limit_is_for_each_video_and_not_for_the_start_of_its_process(videos, tmp_path):
    reader = StandIn(str(tmp_path / "diary"), seconds=0.4, loads=3.0)
    frame = run(videos, reader, tmp_path / "r.csv", jobs=2, timeout=2, progress=False)
    assert set(frame["status"]) == {"ok"}


def test_a_model_that_cannot_be_loaded_ends_the_batch(videos, read, tmp_path):
    with pytest.raises(WeightsError):
        read(videos, broken=True)
    assert not (tmp_path / "r.csv").exists()
    assert len(read(videos)[1]) == 6


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.sources = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [v for k, v in attributes if k in ("src", "href") and v]


def test_the_page_shows_failures_first_and_fetches_nothing(videos, read, tmp_path):
    (videos / "d.mp4").rename(videos / "<b>odd.mp4")
    (videos / "c.mp4").write_text("raises")
    read(videos, report=tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    page = Page(text)
    assert page.tags.count("img") == 5 and "script" not in page.tags and "link" not in page.tags
    assert all(s.startswith("data:image/jpeg;base64,") for s in page.sources)
    assert text.index("ZeroDivisionError: by a video") < text.index("Labels")
    assert "&lt;b&gt;odd.mp4" in text and "Has seen nothing." in text
    assert text.index("a.mp4") < text.index("e.mp4")


def test_the_page_is_read_on_a_phone_in_light_and_dark(videos, read, tmp_path):
    (videos / "c.mp4").write_text("raises")
    (videos / "d.mp4").rename(
        videos / "a_long_name_without_any_space_as_cameras_give_them_0001.mp4"
    )
    read(videos, report=tmp_path / "r.html")
    with chromium() as browser:
        for scheme in SCHEMES:
            page = browser.new_page(viewport=NARROW, color_scheme=scheme)
            page.goto((tmp_path / "r.html").as_uri())
            assert faults(page) == [], scheme
            assert "correct the failed videos" in page.inner_text(".next")


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"out": "r.txt"}, BatchError, r"\.csv or \.parquet"),
        ({"backend": "ray"}, UnknownNameError, "ray"),
        ({"jobs": 0}, BatchError, "jobs=0"),
        ({"scheduler": "tcp://127.0.0.1:1"}, BatchError, "--backend dask"),
        ({"timeout": 0}, BatchError, "timeout=0: expected more than 0 seconds"),
        ({"timeout": float("nan")}, BatchError, "timeout=nan"),
        ({"timeout": 5, "backend": "dask"}, BatchError, "--backend loky"),
        ({"inputs": []}, BatchError, "No videos"),
    ],
)
def test_impossible_wishes_are_named(videos, read, options, kind, message):
    with pytest.raises(kind, match=message):
        read(options.pop("inputs", videos), **options)


def test_a_table_that_is_read_is_not_written_over(videos, read, tmp_path):
    """Not even with `force`: the marks that someone made by hand would be gone."""
    table = tmp_path / "r.csv"
    table.write_text("path,onset\nvideos/a.mp4,3\n")
    for results in ({"out": "r.csv"}, {"out": "other.csv", "report": table}):
        with pytest.raises(BatchError, match=r"r\.csv is read, so the results cannot be written"):
            read([videos, table], force=True, **results)
    assert table.read_text().startswith("path,onset")


@pytest.mark.parametrize(
    ("module", "options"), [("pyarrow", {"out": "r.parquet"}), ("distributed", {"backend": "dask"})]
)
def test_a_missing_extra_is_named_before_anything_is_read(
    videos, read, monkeypatch, module, options
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError, match=r"pip install 'mer-zoo\["):
        read(videos, **options)


def test_dask_reads_with_a_cluster_of_this_machine(videos, read, tmp_path):
    pytest.importorskip("distributed")
    (videos / "b.mp4").write_text("dies")
    (videos / "c.mp4").write_text("raises")
    frame, names = read(videos, backend="dask", jobs=2)
    errors = frame.set_index(frame["path"].str[-5:])["error"].dropna()
    assert errors["b.mp4"].startswith("WorkerDied") and len(errors) == 2
    assert errors["c.mp4"].startswith("ZeroDivisionError")
    assert names.count("b") == 2 and set(names) == set("abcdef")
    pids = {line.split()[0] for line in (tmp_path / "diary").read_text().splitlines()}
    assert len(pids) >= 2


def test_a_scheduler_that_runs_already_is_used(videos, read):
    distributed = pytest.importorskip("distributed")
    with (
        mock.patch.dict(os.environ),  # its worker is a part of this process
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
    ):
        address = cluster.scheduler_address
        frame, names = read(videos, backend="dask", scheduler=address)
    assert names == list("abcdef") and set(frame["status"]) == {"ok"}


def test_an_address_where_no_scheduler_answers_is_named(videos, read, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("mer_zoo.batch.pools.CONNECT_SECONDS", 0.2)
    with pytest.raises(BatchError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        read(videos, backend="dask", scheduler="tcp://127.0.0.1:9")
