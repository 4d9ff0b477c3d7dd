"""From a video to the HTML that the page shows: its reading, or what went wrong."""

import base64
import dataclasses
import functools
import html
from collections.abc import Callable
from pathlib import Path

from mer_zoo import explain, zoo
from mer_zoo.errors import ClipError, MerZooError, NoFaceError, VideoError
from mer_zoo.readings import render_brief, render_reading, render_report

TITLES = {
    NoFaceError: "No face was found",
    VideoError: "The video cannot be read",
    ClipError: "The video cannot be used",
}
KEPT_MODELS = 4


class Answers:
    """Reads videos for the page. Loaded models are kept and shared; nothing about a video is."""

    def __init__(self):
        self.load = functools.lru_cache(maxsize=KEPT_MODELS)(zoo.load)

    def about(self, entry: str) -> str:
        """What the card of an entry says, as a piece of HTML; shown while there is no video."""
        try:
            return render_brief(zoo.card(entry).brief())
        except MerZooError as error:
            return problem("The entry cannot be used", str(error))

    def answer(
        self, video: str | Path, entry: str, progress: Callable[[int], None] | None = None
    ) -> str:
        """The reading of a video as a piece of HTML with a link that saves the report.

        Args:
            video: path of the file.
            entry: zoo entry, or a local folder.
            progress: called with the number of frames done.

        Returns:
            HTML for a page that has `mer_zoo.readings.stylesheet()`. Errors that
            the user can correct are shown in it and are not raised.
        """
        video = Path(video)
        try:
            model = self.load(entry)
            reading = model.predict_video(video, progress=progress)
            # Where the upload lay for a moment is nobody's business.
            reading = dataclasses.replace(reading, source=video.name)
            heat_map = explain.explain_reading(model, reading)
        except MerZooError as error:
            title = next((t for kind, t in TITLES.items() if isinstance(error, kind)), "Sorry")
            return problem(title, str(error).replace(str(video), video.name))
        name = f"{video.stem}_{reading.model}.html"
        page = render_report([reading], [heat_map])
        return _save_link(page, name) + render_reading(reading, heat_map)


def problem(title: str, message: str) -> str:
    """What went wrong, as a piece of HTML."""
    return (
        '<div class="mer-report"><div class="problem" role="alert">'
        f"<h2>{html.escape(title)}</h2><p>{html.escape(message)}</p></div></div>"
    )


def _save_link(page: str, name: str) -> str:
    """A link that holds the report itself, so that no file of it lies on the server."""
    content = base64.b64encode(page.encode("utf-8")).decode("ascii")
    return (
        f'<a class="mer-save" download="{html.escape(name)}" '
        f'href="data:text/html;base64,{content}">Save the report</a>'
    )
