"""A batch that is interrupted loses nothing and repeats nothing; what is not its own it leaves alone."""

import json
import subprocess
import sys
import time
from collections import Counter

import pytest
from filelock import FileLock

from mer_zoo.errors import BatchError, OutputExistsError

pytestmark = pytest.mark.backend_free


def journalled(path):
    """The clips of the whole lines of a journal, in order."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [entry["clip"] for line in lines if "clip" in (entry := json.loads(line))]


def test_finished_videos_are_not_read_again_and_new_and_changed_ones_are(videos, read):
    first, names = read(videos)
    assert names == list("abcdef") and list(first["status"]) == ["ok"] * 6
    assert read(videos)[1] == []
    (videos / "g.mp4").write_text("fine g")
    (videos / "a.mp4").write_text("raises now")
    second, names = read(videos)
    assert names == ["a", "g"] and len(second) == 7
    assert second.set_index("path").loc[str(videos / "a.mp4"), "status"] == "failed"
    third, names = read(videos, retry_failed=True)
    assert names == ["a"] and len(third) == 7


def test_another_folder_adds_to_the_table(videos, read):
    read(videos / "below")
    frame, names = read([videos / "a.mp4", str(videos / "a.mp4")])
    assert names == ["a"] and [p[-5:] for p in frame["path"]] == ["a.mp4", "e.mp4", "f.mp4"]


def test_killed_at_any_moment_it_goes_on(tmp_path):
    """Processes are killed (SIGKILL) twice before a batch of 40 is through."""
    folder, table = tmp_path / "videos", tmp_path / "r.csv"
    folder.mkdir()
    for i in range(40):
        (folder / f"{i:02d}.mp4").write_text("fine")
    code = (
        "import sys\nfrom mer_zoo.batch import run\nfrom tests.batch.stand_ins import StandIn\n"
        "run(sys.argv[1], StandIn(sys.argv[3], seconds=0.02), sys.argv[2], progress=False)\n"
    )
    command = [sys.executable, "-c", code, str(folder), str(table), str(tmp_path / "diary")]
    kills, before = 0, []
    while kills < 2:
        process = subprocess.Popen(command)
        while (
            process.poll() is None
            and len(journalled(table.with_name("r.csv.journal"))) < len(before) + 5
        ):
            time.sleep(0.005)
        process.kill()
        process.wait()
        now = journalled(table.with_name("r.csv.journal"))
        assert now[: len(before)] == before and not table.exists()
        before, kills = now, kills + 1
    assert 10 <= len(before) < 40
    with table.with_name("r.csv.journal").open("ab") as file:
        file.write(b'{"clip": "torn in the mid')
    assert subprocess.run(command, timeout=120).returncode == 0
    assert set(Counter(journalled(table.with_name("r.csv.journal"))).values()) == {1}
    assert len(table.read_text().splitlines()) == 41
    read = Counter((tmp_path / "diary").read_text().split()[1::2])
    assert len(read) == 40 and sum(read.values()) <= 40 + 2, "at most the one under way, each kill"


def test_results_of_another_model_are_refused(videos, read, tmp_path):
    read(videos)
    before = (tmp_path / "r.csv").read_bytes()
    with pytest.raises(
        BatchError, match=r"entry: stand_in -> other.*another name.*--force"
    ) as error:
        read(videos, entry="other")
    assert "holds 6 videos." in str(error.value), "the line about the table is not a video"
    assert (tmp_path / "r.csv").read_bytes() == before
    frame, names = read(videos, entry="other", force=True)
    assert len(names) == 6 and set(frame["entry"]) == {"other"}


def test_files_of_the_user_are_left_alone(videos, read, tmp_path):
    mine = tmp_path / "r.csv"
    mine.write_text("mine")
    with pytest.raises(OutputExistsError, match="--force"):
        read(videos)
    assert mine.read_text() == "mine" and not (tmp_path / "r.csv.journal").exists()
    mine.unlink()
    read(videos, report=tmp_path / "r.html")
    assert read(videos, report=tmp_path / "r.html")[1] == [], "what the batch wrote, it replaces"
    mine.write_text(mine.read_text() + "my remark")
    with pytest.raises(OutputExistsError, match="not as this batch left it"):
        read(videos)
    assert read(videos, force=True)[1] == [], "force replaces the table and keeps the journal"


def test_two_processes_do_not_write_one_table(videos, read, tmp_path):
    with (
        FileLock(tmp_path / ".r.csv.journal.lock"),
        pytest.raises(BatchError, match="another process"),
    ):
        read(videos)


def test_a_damaged_journal_is_named(videos, read, tmp_path):
    read(videos)
    journal = tmp_path / "r.csv.journal"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:2], "nonsense\n", *lines[2:]]))
    with pytest.raises(BatchError, match=r"Line 3 of .*damaged"):
        read(videos)
    journal.write_text("nonsense\n")
    with pytest.raises(BatchError, match="not the journal"):
        read(videos)
