"""What the page holds: a video or the webcam, the choice of an entry, and the answer."""

from importlib import resources
from pathlib import Path

from mer_zoo import zoo
from mer_zoo.app.answering import Answers
from mer_zoo.app.uploads import KEPT_SECONDS, TIDIED_EVERY, Uploads
from mer_zoo.readings import stylesheet

TITLE = "mer_zoo: micro-expressions in a video"
INTRODUCTION = (
    "# mer_zoo\nDrop a video of one upright face, or record one. The strongest facial movement is found "
    "and read: onset, apex, offset, what the network saw, and why it answered so."
)
PRIVACY = (
    "The video stays on this machine. It is deleted when you remove or replace it, close this page "
    "or stop the program, and after {minutes} minutes at the latest. A video may have {megabytes} MB; "
    "for a larger one use `mer-zoo app --max-upload`, or `mer-zoo predict VIDEO`."
)
FRAMES_A_STEP = 10  # between two signs of progress


def build_page(entry: str, uploads: Uploads, answers: Answers, example: Path | None = None):
    """The page as `gradio.Blocks`.

    Args:
        entry: the zoo entry chosen at first; a local folder is added to the packaged entries.
        uploads: where uploads lie, who holds them, and how large they may be.
        answers: reads the videos.
        example: a video offered to those who have none at hand.
    """
    import gradio as gr

    names = list(dict.fromkeys([entry, *zoo.list_models()]))

    def read(video, chosen, request: gr.Request, progress=gr.Progress()):  # noqa: B008
        uploads.hold(request.session_hash, video)
        if video is None:
            return answers.about(chosen)

        def show(count):
            if count % FRAMES_A_STEP == 0:
                progress((count, None), desc="following the face", unit="frames")

        return answers.answer(video, chosen, show)

    def close(request: gr.Request):
        uploads.release(request.session_hash)

    privacy = PRIVACY.format(
        minutes=(KEPT_SECONDS + TIDIED_EVERY) // 60, megabytes=uploads.megabytes
    )
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                video = gr.Video(
                    label="Video", sources=["upload", "webcam"], buttons=[], elem_id="video"
                )
                chosen = gr.Dropdown(names, value=entry, label="Zoo entry", elem_id="entry")
                if example is not None:
                    button = gr.Button("Try it with a posed smile", elem_id="example")
                    button.click(lambda: str(example), None, video, api_visibility="private")
                gr.Markdown(privacy)
            with gr.Column(scale=2, min_width=480):
                answer = gr.HTML(answers.about(entry), elem_id="answer")
        gr.on(
            [video.change, chosen.change],
            read,
            [video, chosen],
            answer,
            trigger_mode="always_last",
            concurrency_limit=1,
            api_visibility="private",
        )
        page.unload(close)
    return page


def page_style() -> str:
    """The style of the page: the reports' and its own."""
    own = resources.files("mer_zoo.app").joinpath("page.css").read_text("utf-8")
    return stylesheet() + "\n" + own
