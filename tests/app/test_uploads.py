"""Uploads are deleted when no page holds them, and nothing else is."""

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
