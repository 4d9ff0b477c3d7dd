"""Serving the page to this machine alone, so that nothing of a video leaves it."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mer_zoo.app.uploads import MOST_MEGABYTES, Uploads
from mer_zoo.errors import ServerError
from mer_zoo.extras import require_extra

HOST = "127.0.0.1"
PORT = 7860
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)
"""Content security policy: the browser itself refuses whatever would go to another host."""


@contextlib.contextmanager
def running_page(
    entry: str = "meganet_casme2",
    *,
    port: int = PORT,
    example: str | Path | None = None,
    max_upload: int = MOST_MEGABYTES,
) -> Iterator[str]:
    """Serves the page while the context lasts.

    Uploads lie in a private temporary folder, which is deleted at the end. Until then the environment
    variables `GRADIO_TEMP_DIR` and `GRADIO_ANALYTICS_ENABLED` of this process are set, since Gradio
    takes them from nowhere else.

    Args:
        entry: the zoo entry chosen at first, or a local folder. It is loaded before the page opens.
        port: on the loopback address 127.0.0.1; no other is listened on.
        example: a video offered to those who have none at hand.
        max_upload: most megabytes (10^6 bytes) of an upload; larger ones are refused. Eight uploads are
            kept at a time, each for at most an hour.

    Yields:
        The address of the page.

    Raises:
        MissingPackageError: Gradio is not installed.
        ServerError: the port cannot be listened on, or `max_upload` is less than 1.
        UnknownNameError, CardError, WeightsError: the entry cannot be loaded.
    """
    require_extra("app", "gradio", "The page")
    if max_upload < 1:
        raise ServerError(f"max_upload={max_upload}: expected 1 megabyte or more.")
    refuse_taken_port(port)
    folder = tempfile.mkdtemp(prefix="mer_zoo_app_")
    settings = {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False"}
    former = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    page = None
    try:
        uploads = Uploads(folder, megabytes=max_upload)
        page, url = _launch(entry, port, uploads, None if example is None else Path(example))
        with uploads.tidied():
            yield url
    finally:
        if page is not None:
            page.close(verbose=False)
        for name, value in former.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(folder, ignore_errors=True)


def refuse_taken_port(port: int) -> None:
    """Raises ServerError when the port cannot be listened on; the message names one that can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"Port {port} of {HOST} cannot be used ({error.strerror}). Stop what listens there, "
                f"or choose another port, for instance --port {_free_port()}."
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _launch(entry, port, uploads, example):
    from gradio import themes
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from mer_zoo.app.answering import Answers
    from mer_zoo.app.guarding import BoundedUploads, OwnPageOnly
    from mer_zoo.app.page import build_page, page_style

    answers = Answers()
    answers.load(entry)
    if example is not None:
        answers.answer(
            example, entry
        )  # whatever a backend compiles is compiled before it is waited for
    page = build_page(entry, uploads, answers, example)
    _, url, _ = page.launch(
        server_name=HOST,
        server_port=port,
        share=False,
        inbrowser=False,
        prevent_thread_lock=True,
        quiet=True,
        footer_links=[],
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        max_file_size=uploads.megabytes * 1_000_000,  # the page itself says so before it sends
        allowed_paths=[] if example is None else [str(example)],
        theme=themes.Default(
            primary_hue="blue",  # Gradio's own orange hardly stands out from white
            font=["system-ui", "sans-serif"],
            font_mono=["ui-monospace", "monospace"],
        ),
        css=page_style(),
        app_kwargs={
            "middleware": [
                # Other names of this address may be another page's trick (DNS rebinding).
                Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
                Middleware(OwnPageOnly),
                Middleware(BoundedUploads, uploads=uploads),
                Middleware(_WithPolicy),
            ]
        },
    )
    return page, url


class _WithPolicy:
    """ASGI middleware that sends `POLICY` with every answer."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_with_policy(message):
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", POLICY.encode("ascii"))
                message["headers"] = [*message.get("headers", []), policy]
            await send(message)

        await self.app(scope, receive, send_with_policy if scope["type"] == "http" else send)
