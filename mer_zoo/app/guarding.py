"""What the server refuses before Gradio sees it: requests of other sites, and uploads beyond a bound.

ASGI middleware. A server on the loopback address is within reach of every page that is open in the
browser of the same machine, so the address alone protects nothing.
"""

import contextlib
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mer_zoo.app.uploads import Uploads

FRAMING = 64_000  # bytes of a request around the uploaded file


class OwnPageOnly:
    """Refuses requests that a page of another site makes, and answers 403.

    Browsers name the page that makes a request: its origin in `Origin`, which every POST and every
    WebSocket has, and its relation to the server in `Sec-Fetch-Site`. That a user follows a link to
    this page is no request of that kind. Programs that are no browsers send neither header.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send):
        if scope["type"] == "lifespan" or not _is_foreign(scope):
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        refusal = PlainTextResponse(
            "Refused: the request comes from a page of another site. Open the address of mer-zoo app "
            "itself in the browser.",
            status_code=403,
        )
        return await refusal(scope, receive, send)


class BoundedUploads:
    """Refuses bodies that are too large (413) or of unknown size (411), and uploads without room (429).

    Args:
        app: the server behind it.
        uploads: what is kept, and how much of it may be.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads):
        self.app, self.uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send):
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        refusal = self._of_size(Headers(scope=scope).get("content-length", ""))
        if refusal is not None:
            return await refusal(scope, receive, send)
        if not scope["path"].rstrip("/").endswith("/upload"):
            return await self.app(scope, receive, send)
        with self.uploads.arriving() as admitted:
            if admitted:
                # Nobody is left to answer where the page was closed in the middle of an upload.
                with contextlib.suppress(ClientDisconnect):
                    await self.app(scope, receive, send)
                return
        refusal = PlainTextResponse(
            f"{self.uploads.most} videos are open in other pages of this program or arriving, and no "
            "more are kept at a time. Close one of these pages, or remove its video, and try again.",
            status_code=429,
        )
        return await refusal(scope, receive, send)

    def _of_size(self, length: str) -> PlainTextResponse | None:
        if not length.isdigit():
            return PlainTextResponse("The request must say its Content-Length.", status_code=411)
        if int(length) <= self.uploads.megabytes * 1_000_000 + FRAMING:
            return None
        return PlainTextResponse(
            f"The upload has {int(length) / 1e6:.1f} MB, and at most {self.uploads.megabytes} MB are "
            "accepted. Cut the video, start the page with a larger --max-upload, or read the file "
            "where it lies: mer-zoo predict VIDEO.",
            status_code=413,
        )


def _is_foreign(scope) -> bool:
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return False
    followed = headers.get("sec-fetch-mode") == "navigate"
    return not (followed and headers.get("sec-fetch-dest") == "document")
