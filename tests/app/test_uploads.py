"""Uploads are deleted when no page holds them, and nothing else is."""

import os
import time

import pytest

from mer_zoo.app.uploads import Uploads

pytestmark = pytest.mark.backend_free


@pytest.fixture
def upload(tmp_path):
    def upload(name):
        path = tmp_path / "uploads" / f"digest of {name}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")
        return path

    return upload


def test_a_replaced_video_is_deleted_with_its_folder(upload, tmp_path):
    uploads = Uploads(tmp_path / "uploads")
    first, second = upload("a.mp4"), upload("b.mp4")
    uploads.hold("page", first)
    uploads.hold("page", first)
    assert first.exists()
    uploads.hold("page", second)
    assert not first.parent.exists() and second.exists()
    uploads.release("page")
    assert not second.exists()
    uploads.release("page")


def test_pages_do_not_delete_each_others_video(upload, tmp_path):
    uploads = Uploads(tmp_path / "uploads")
    same = upload("a.mp4")
    uploads.hold("one", same)
    uploads.hold("other", same)
    uploads.release("one")
    assert same.exists()
    uploads.release("other")
    assert not same.exists()


def test_nothing_outside_the_folder_of_uploads_is_deleted(upload, tmp_path):
    uploads = Uploads(tmp_path / "uploads")
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(b"video")
    uploads.hold("page", mine)
    uploads.hold("page", tmp_path / "uploads" / ".." / "mine.mp4")
    uploads.release("page")
    assert mine.exists()


@pytest.fixture
def aged(upload):
    def aged(name, seconds):
        path = upload(name)
        then = time.time() - seconds
        os.utime(path, (then, then))
        return path

    return aged


def test_the_oldest_upload_that_no_page_shows_makes_room(aged, tmp_path):
    uploads = Uploads(tmp_path / "uploads", most=3)
    first, second, third = aged("a.mp4", 30), aged("b.mp4", 20), aged("c.mp4", 10)
    uploads.hold("page", first)
    with uploads.arriving() as admitted:
        assert admitted and not second.parent.exists() and first.exists() and third.exists()
    uploads.hold("other", third)
    fourth = aged("d.mp4", 5)
    uploads.hold("third page", fourth)
    with uploads.arriving() as admitted:
        assert not admitted
    assert first.exists() and third.exists() and fourth.exists()
    uploads.release("other")
    with uploads.arriving() as admitted:
        assert admitted


def test_several_files_in_one_request_count_each(aged, tmp_path):
    uploads = Uploads(tmp_path / "uploads", most=3)
    with uploads.arriving() as admitted:
        assert admitted
        files = [aged(f"{i}.mp4", 100 - i) for i in range(5)]
    assert [file.exists() for file in files] == [False, False, True, True, True]


def test_an_upload_that_broke_off_is_deleted_when_none_is_arriving(tmp_path):
    uploads = Uploads(tmp_path)
    with uploads.arriving(), uploads.arriving():
        part = tmp_path / "tmpabc"
        part.write_bytes(b"vid")
    assert not part.exists()


def test_what_was_uploaded_long_ago_is_deleted_while_the_page_is_served(aged, tmp_path):
    uploads = Uploads(tmp_path / "uploads")
    old, young = aged("a.mp4", 3700), aged("b.mp4", 3500)
    uploads.hold("page", old)
    with uploads.tidied(every=0.02):
        end = time.monotonic() + 10
        while old.exists() and time.monotonic() < end:
            time.sleep(0.02)
    assert not old.parent.exists() and young.exists()
