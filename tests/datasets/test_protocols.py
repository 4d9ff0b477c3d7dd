import pytest

from mer_zoo.datasets import PROTOCOLS, load, protocols
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError, UnknownNameError

VERSIONS = {
    "casme2-5class-249": "20190701",
    "casme2-5class-250": "20190701",
    "megc2019-flow-309": "309",
}


def full(releases, name, **options):
    return releases(name, full=True, with_frames=False, **options)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_full_release_reaches_every_protocol(releases, name):
    protocol = PROTOCOLS[name]
    root = full(releases, protocol.dataset, version=VERSIONS.get(name))
    dataset = load(protocol.dataset, root, protocol=name, frames="ignore")
    assert int(name.rsplit("-", 1)[1]) == protocol.n_clips == len(dataset)
    assert dataset.class_counts == protocol.class_counts
    assert dataset.class_names == protocol.class_names
    assert dataset.protocol == name
    if protocol.n_subjects is not None:
        assert len(set(dataset.subjects)) == protocol.n_subjects
    dropped = dataset.report.of_kind("dropped")
    assert dataset.report.rows_read + len(protocol.added) == len(dataset) + len(dropped)


def test_published_totals():
    assert PROTOCOLS["megc2019-442"].class_counts == {
        "negative": 250,
        "positive": 109,
        "surprise": 83,
    }
    assert PROTOCOLS["megc2019-442"].n_subjects == 68
    assert protocols("smic") == ("smic-3class-164",)
    assert protocols("mmew") == ()


def test_megc2019_leaves_two_clips_out_by_name(releases):
    root = full(releases, "casme2")
    dataset = load("casme2", root, protocol="casme2-3class-145", frames="ignore")
    named = [r.clip for r in dataset.report.of_kind("dropped") if "by name" in r.why]
    assert named == ["casme2/sub04/EP12_01f", "casme2/sub05/EP09_05f"]
    assert not {"casme2/sub10", "casme2/sub18"} & set(dataset.subjects)


def test_the_clip_without_a_row_joins_the_247(releases):
    root = full(releases, "casme2")
    with_it = load("casme2", root, protocol="casme2-5class-247", frames="ignore")
    without = load("casme2", root, protocol="casme2-5class-246", frames="ignore")
    extra = set(with_it.table["clip"]) - set(without.table["clip"])
    assert extra == {"casme2/sub24/EP02_07"}
    assert [r.clip for r in with_it.report.of_kind("note") if "counts this clip" in r.why] == [
        *extra
    ]
    table = next(root.glob("*.xlsx"))
    with pytest.raises(DatasetError, match=r"64 expected, 63 found.*sub24/EP02_07, which no table"):
        load("casme2", None, table=table, protocol="casme2-5class-247", frames="ignore")


def test_its_phases_are_the_ends_of_its_folder(tmp_path):
    root = fake_release("casme2", tmp_path / "r", full=True, clip_length=(3, 4))
    dataset = load("casme2", root, protocol="casme2-5class-247")
    row = dataset.table[dataset.table["clip"] == "casme2/sub24/EP02_07"].iloc[0]
    clip = dataset.clip(int(row.name), margin=None)
    assert (clip.onset, clip.offset) == (0, clip.n_frames - 1)
    assert row["apex"] == (row["onset"] + row["offset"]) // 2


def test_the_other_version_of_the_table_is_named_as_the_reason(releases):
    root = full(releases, "casme2", version="20190701")
    with pytest.raises(
        DatasetError,
        match=r"surprise: 25 expected, 28 found.*'20190701', the counts belong to '20140508'",
    ):
        load("casme2", root, protocol="casme2-5class-246", frames="ignore")


def test_dropping_clips_without_apex_breaks_a_protocol_aloud(releases):
    root = full(releases, "casme2")
    with pytest.raises(DatasetError, match=r"disgust: 63 expected, 62.*missing_apex=\"drop\""):
        load("casme2", root, protocol="casme2-5class-246", missing_apex="drop", frames="ignore")


def test_missing_frames_break_a_protocol_aloud(releases):
    with pytest.raises(DatasetError, match="None of the 246 clips"):
        load("casme2", full(releases, "casme2"), protocol="casme2-5class-246")


def test_unknown_protocols(releases):
    with pytest.raises(UnknownNameError, match=r"protocol of casme2 .*Did you mean.*246"):
        load("casme2", releases("casme2"), protocol="casme2-5class-264")
    with pytest.raises(UnknownNameError, match="protocol of casme2"):
        load("casme2", releases("casme2"), protocol="samm-5class-136")
    with pytest.raises(UnknownNameError, match="megc2019-442"):
        load("megc2019", {}, protocol="megc2019-441")


def test_protocols_are_frozen():
    protocol = PROTOCOLS["casme2-5class-246"]
    with pytest.raises(TypeError):
        PROTOCOLS["mine"] = protocol
    with pytest.raises(TypeError):
        protocol.classes["sadness"] = "others"
    with pytest.raises(TypeError):
        protocol.counts["casme2"]["others"] = 0
