"""The command `app`: the browser page, served only to this machine."""

import signal
import threading
import webbrowser
from typing import Annotated

import typer

from mer_zoo.cli.common import DEFAULT_MODEL, ModelName, choose_backend, err


def app(
    model: ModelName = DEFAULT_MODEL,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 7860,
    max_upload: Annotated[int, typer.Option(min=1, help="Maximum size of a video in MB.")] = 1000,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
):
    """Opens a browser page to upload or record videos. Nothing leaves this machine. Ctrl+C stops it."""
    from mer_zoo import zoo
    from mer_zoo.cli import demonstration

    zoo.find(model)
    choose_backend()
    from mer_zoo.app import running_page

    # A server that is terminated, or whose terminal is closed, deletes what was uploaded, too.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, signal.default_int_handler)
    err.print(f"starting the page with {model}", highlight=False)
    with running_page(
        model, port=port, example=demonstration.smile(), max_upload=max_upload
    ) as url:
        err.print(f"the page is at {url} (Ctrl+C ends it)", highlight=False)
        if browser:
            webbrowser.open(url)
        threading.Event().wait()
