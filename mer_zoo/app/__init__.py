"""The page of `mer-zoo app`: drop a video, see its reading. Served to this machine alone."""

from mer_zoo.app.server import PORT, running_page

__all__ = ["PORT", "running_page"]
