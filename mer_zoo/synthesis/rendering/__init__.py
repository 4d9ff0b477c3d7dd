"""Rendering a photograph as a clip or a long video, and writing it to a file."""
