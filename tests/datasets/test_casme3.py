from mer_zoo.datasets import load


def test_clips_of_one_video_are_told_apart_by_their_onset(releases):
    dataset = load("casme3", releases("casme3"))
    table = dataset.table
    assert len(table) == 12 == table["clip"].nunique()
    assert table["path"].nunique() < 12
    assert (table["fps"] == 30).all()
    video = table[table["path"] == table.iloc[-1]["path"]]
    clips = [dataset.clip(int(i)) for i in video.index]
    assert [clip.onset for clip in clips] == [0] * len(clips)


def test_numbers_stored_as_text_and_depth_images_make_no_difference(releases):
    quirky, clean = (load("casme3", releases("casme3", clean=c)) for c in (False, True))
    columns = ["clip", "onset", "apex", "offset", "label"]
    both = quirky.table[quirky.table["clip"].isin(set(clean.table["clip"]))]
    assert both[columns].values.tolist() == clean.table[columns].values.tolist()
    assert quirky.table["path"].str.endswith("color").all()


def test_odd_phases(releases, row_of, whats):
    dataset = load("casme3", releases("casme3"))
    row = row_of(dataset, "casme3/spNO.149/d_310")
    assert row["apex"] == 320
    assert whats(dataset, "repaired", "casme3/spNO.149/d_310") == ["apex 290 -> 320"]
    assert whats(dataset, "note", "casme3/spNO.150/e_60")
    assert whats(dataset, "note", "casme3/spNO.150/e_400") == ["2.33 s"]


def test_others_with_and_without_a_capital_are_one_class(releases):
    table = load("casme3", releases("casme3", subjects=6, clips_per_subject=7)).table
    assert set(table[table["label"] == "others"]["emotion"]) == {"others", "Others"}


def test_frames_round_an_expression_can_be_had(releases):
    dataset = load("casme3", releases("casme3"))
    row = list(dataset.table["clip"]).index("casme3/spNO.149/d_310")
    near, wide, whole = (dataset.clip(row, margin=m) for m in (0, 1, None))
    assert (near.n_frames, wide.n_frames, whole.n_frames) == (21, 23, 25)
    assert (near.apex, wide.apex, whole.apex) == (10, 11, 12)
    assert (near.frames == wide.frames[1:-1]).all()
