import numpy as np
import pytest

from mer_zoo.clips import read_clip_table
from mer_zoo.errors import ClipError


@pytest.fixture
def home(tmp_path, frames, write_images, write_video):
    write_video(tmp_path / "a.mp4", frames)
    write_images(tmp_path / "clips" / "EP02", [f"img{n}.png" for n in range(46, 58)], frames)
    return tmp_path


def write(home, text, encoding="utf-8"):
    path = home / "clips.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_are_read_and_lead_to_clips(home, frames):
    table = write(
        home,
        "path,subject,label,onset,apex,offset,fps\n"
        "a.mp4,own/ann,calm,1,3,7,\n"
        "clips/EP02,own/bob,tense,46,50,57.0,200\n",
    )
    video, folder = read_clip_table(table)
    assert video.path == home / "a.mp4"
    assert (video.line, video.subject, video.label) == (2, "own/ann", "calm")
    assert (video.onset, video.apex, video.offset, video.fps) == (1, 3, 7, None)
    assert (folder.onset, folder.apex, folder.offset, folder.fps) == (46, 50, 57, 200.0)
    assert video.read().phases == (1, 3, 7)
    clip = folder.read()
    assert (clip.phases, clip.subject, clip.label) == ((0, 4, 11), "own/bob", "tense")
    np.testing.assert_array_equal(clip.frames, frames)
    assert folder.read(stop=51, offset=None).n_frames == 5


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_marks_and_line_ends(home, mark, encoding, end):
    lines = [["Path ", " SUBJECT", "La_bel", "notes"], ["a.mp4", "own/Zoë", " calm ", "x"]]
    text = end.join([*(mark.join(line) for line in lines), "", ""])
    (row,) = read_clip_table(write(home, text, encoding))
    assert (row.path, row.subject, row.label) == (home / "a.mp4", "own/Zoë", "calm")


@pytest.mark.parametrize(
    ("first", "mark"),
    [
        ("sep=;", ";"),
        ("\ufeffSEP=,", ","),
        ('"sep=;"', ";"),
        ("sep=\t", "\t"),
        ("sep=|", "|"),
        ("sep=;;;", ";"),
    ],
)
def test_the_line_in_which_excel_names_the_separator(home, first, mark):
    text = f"{first}\r\npath;label;onset\r\na.mp4;calm, mostly;x\r\n".replace(";", mark)
    if mark == ",":
        text = text.replace("calm, mostly", '"calm, mostly"')
    text = text.replace(first.replace(";", mark), first, 1)
    with pytest.raises(ClipError, match="line 3: onset is 'x'"):
        read_clip_table(write(home, text))
    (row,) = read_clip_table(write(home, text.replace("x\r", "1\r")))
    assert (row.label, row.onset) == ("calm, mostly", 1)
    with pytest.raises(ClipError, match="holds nothing but the line"):
        read_clip_table(write(home, f"{first}\r\n"))


def test_only_the_path_is_needed_and_blank_rows_are_skipped(home):
    rows = read_clip_table(write(home, f"path\na.mp4\n\n{home / 'clips' / 'EP02'}\n"), fps=200)
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].onset is rows[0].label is None
    assert rows[1].path == home / "clips" / "EP02"
    assert rows[1].fps == 200


def test_fps_for_all_is_for_folders_and_a_column_for_its_row(home):
    table = write(home, "path,fps\na.mp4,\nclips/EP02,\na.mp4,50\nclips/EP02,60\n")
    with pytest.warns(UserWarning, match="listed twice"):
        rows = read_clip_table(table, fps=200)
    assert [row.fps for row in rows] == [None, 200, 50, 60]
    with pytest.warns(UserWarning, match="fps=200 is not used.* column fps"):
        read_clip_table(write(home, "path\na.mp4\n"), fps=200)


def test_a_table_says_what_its_frame_numbers_count(home):
    cells = ["0,4,11,200,index", "46,,57,200,file", "46,50,,200,"]
    text = "path,onset,apex,offset,fps,numbering\n" + "".join(f"clips/EP02,{c}\n" for c in cells)
    rows = read_clip_table(write(home, text + "a.mp4,1,3,7,,Index\n"))
    assert [(r.onset, r.apex, r.offset) for r in rows] == [
        *((46, 50, 57), (46, None, 57), (46, 50, None)),
        (1, 3, 7),
    ]
    assert rows[0].read().phases == (0, 4, 11)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("clips/EP02,0,12,index", r"apex is 12, but .*EP02 has 12 frames, which numbering 'index'"),
        ("clips/EP02,0,4,position", r"numbering is 'position', expected 'file' .* or 'index'"),
        ("a.mp4,1,3,file", "numbering is 'file', but the frames of a video have no file names"),
    ],
)
def test_a_wrong_numbering_is_named_with_its_line(home, row, message):
    with pytest.raises(ClipError, match=rf"line 2: {message}"):
        read_clip_table(write(home, f"path,onset,apex,numbering\n{row}\n"), fps=200)


def test_answers_that_do_not_say_what_they_count_are_refused_for_folders(home):
    """As tables of answers were written before they had the column."""
    head, cells = "path,onset,apex,offset,fps,onset_seconds\n", ",3,5,9,200,0.015\n"
    (row,) = read_clip_table(write(home, f"{head}a.mp4{cells}"))
    assert row.onset == 3
    with pytest.raises(
        ClipError, match=r"onset_seconds.* count .* from 0.*column numbering: index"
    ):
        read_clip_table(write(home, f"{head}clips/EP02{cells}"))


@pytest.mark.parametrize("cell", ["", " ", "/", "-", "NaN", "none"])
def test_a_phase_that_is_not_known(home, cell):
    (row,) = read_clip_table(write(home, f"path,onset,apex,offset\na.mp4,2,{cell},9\n"))
    assert (row.onset, row.apex, row.offset) == (2, None, 9)


def test_a_quoted_cell_may_hold_the_separator_and_line_breaks(home):
    text = 'path,label,onset\na.mp4,"calm,\nmostly",1\na.mp4,tense,x\n'
    with pytest.raises(ClipError, match="line 4: onset is 'x'"):
        read_clip_table(write(home, text))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b.mp4,,,,", r"path 'b\.mp4': there is no .*b\.mp4"),
        (",,,,", None),
        (" ,1,,,", "path is empty"),
        ("a.mp4,soon,,,", "onset is 'soon', expected a whole number >= 0"),
        ("a.mp4,,3.5,,", r"apex is '3\.5', expected a whole number"),
        ("a.mp4,,,-4,", "offset is '-4', expected a whole number >= 0"),
        ("a.mp4,,inf,,", "apex is 'inf', expected a whole number"),
        ("a.mp4,9,4,,", "onset 9 comes after apex 4"),
        ("a.mp4,,9,4,", "apex 9 comes after offset 4"),
        ("a.mp4,9,,4,", "onset 9 comes after offset 4"),
        ("a.mp4,,,,0", "fps is '0', expected a positive number"),
        ("a.mp4,,,,fast", "fps is 'fast', expected a positive number"),
        ("clips/EP02,46,,,", "a folder of frames, which needs a number in column fps"),
        ("a.mp4,1,2,3,25,calm, mostly", "has 7 cells, the header 5"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(home, row, message):
    table = write(home, f"path,onset,apex,offset,fps\na.mp4,1,2,3,\n{row}\n")
    if message is None:  # a row of separators only is a blank row
        assert len(read_clip_table(table)) == 1
        return
    with pytest.raises(ClipError, match=rf"1 of 2 rows cannot be used.*\n  line 3: .*{message}"):
        read_clip_table(table)


def test_all_faults_are_told_at_once_but_ten_at_most(home):
    rows = "".join(f"missing{n}.mp4,x\n" for n in range(14))
    with pytest.raises(ClipError, match="14 of 15 rows") as error:
        read_clip_table(write(home, f"path,onset\na.mp4,1\n{rows}"))
    lines = str(error.value).splitlines()
    assert len(lines) == 12
    assert lines[-1].strip() == "and 4 more"
    assert "onset is 'x'" in lines[1]
    assert "missing0.mp4" in lines[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("path,label\n", "has a header but no rows"),
        ("file,label\na.mp4,calm\n", r"no column 'path'; its columns are file, label"),
        ("path,Label,label\na.mp4,calm,x\n", "two columns 'label'"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(home, text, message):
    with pytest.raises(ClipError, match=message):
        read_clip_table(write(home, text))


def test_other_files_are_named(home):
    with pytest.raises(ClipError, match="There is no clip table"):
        read_clip_table(home / "clip.csv")
    with pytest.raises(ClipError, match=r"not UTF-8.*CSV UTF-8"):
        read_clip_table(write(home, "path,label\na.mp4,Zoë\n", "latin-1"))


def test_repeated_rows_are_kept_with_a_warning(home):
    table = write(home, "path,onset,label\na.mp4,1,calm\na.mp4,2,calm\na.mp4,1,tense\n")
    with pytest.warns(UserWarning, match="listed twice: line 4 repeats line 2"):
        assert len(read_clip_table(table)) == 3


def test_a_column_with_a_close_name_is_warned_of(home):
    with pytest.warns(UserWarning, match=r"'OnsetFrame' is not used. Did you mean 'onset'\?"):
        read_clip_table(write(home, "path,OnsetFrame\na.mp4,1\n"))


@pytest.mark.parametrize("cell", ["x" * 140_000, '"' + "x" * 140_000])
def test_a_cell_that_csv_cannot_read_is_named_with_its_line(home, cell):
    with pytest.raises(ClipError, match=r"clips\.csv, line 3: field larger than field limit"):
        read_clip_table(write(home, f"path,label\na.mp4,calm\n{cell},calm\n"))


@pytest.mark.parametrize("path", ["x" * 300, "x" * 20_000, "~nobody_at_all/a.mp4"])
def test_a_path_that_no_file_can_have_is_named_and_the_message_stays_short(home, path):
    with pytest.raises(ClipError, match=r"line 2: path .*there is no") as error:
        read_clip_table(write(home, f"path,label\n{path},calm\n"))
    assert len(str(error.value)) < 2000


def test_a_cell_may_hold_what_other_programs_take_for_an_end_of_line(home):
    (row,) = read_clip_table(write(home, "path,label\na.mp4,calm\x85mostly\u2028\n"))
    assert row.label == "calm\x85mostly"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n" + "a\n" * 500_000, "more than 200,000 lines"),
        ("path," + "a," * 2000, "2,002 columns"),
        ("path\n" + " " * 33_000_000, "more than 32 MB"),
    ],
)
def test_a_table_too_large_is_refused_before_its_rows_are_read(home, text, message):
    with pytest.raises(ClipError, match=rf"clips\.csv has {message}"):
        read_clip_table(write(home, text))


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "~nobody_at_all.csv", "a\0b.csv"])
def test_a_name_that_no_table_can_have(home, name):
    with pytest.raises(ClipError, match="There is no clip table"):
        read_clip_table(home / name if name[0] != "~" else name)
