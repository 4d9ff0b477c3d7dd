"""The screenshots of docs/app.md, taken in a headless Chromium of the packaged smile.

    python docs/pictures/app.py [--chromium /usr/bin/chromium] [--port 7861]

Needs `python -m pip install ".[torch,fast,app,test]"` (or another backend) and Chromium
(Debian: `apt-get install chromium`).
"""

import argparse
import io
import os
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from mer_zoo.app import running_page  # noqa: E402
from mer_zoo.cli import demonstration  # noqa: E402

COLOURS = 128  # of a picture
FLAT = 32  # of them the most frequent of the page, kept as they are
WAIT = 120_000  # ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--port", type=int, default=7861)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with (
        running_page(port=options.port, example=demonstration.smile()) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"] if root else []
        )
        report = shoot_page(browser, url, "light", "app.png")
        shoot_page(browser, url, "dark", "app_dark.png")
        shoot_report(browser, report)


def shoot_page(browser, url: str, scheme: str, name: str) -> str:
    """Drops the smile on the page and keeps what is seen then; returns the report it offers."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(WAIT)
    page.goto(url)
    page.wait_for_selector("#video input[type=file]", state="attached")
    started = time.perf_counter()
    page.set_input_files("#video input[type=file]", str(demonstration.smile()))
    page.wait_for_selector("#answer .answer")
    print(f"from the upload to the answer: {time.perf_counter() - started:.1f} s")
    page.wait_for_timeout(1000)  # the player shows its first frame
    save(page.screenshot(), name)
    with page.expect_download() as download:
        page.click("text=Save the report")
    report = Path(download.value.path()).read_text("utf-8")
    page.close()
    return report


def shoot_report(browser, report: str) -> None:
    """The whole saved report, as a printer would have it."""
    page = browser.new_page(viewport={"width": 900, "height": 600}, color_scheme="light")
    page.set_content(report)
    save(page.screenshot(full_page=True), "report.png")


def save(png: bytes, name: str) -> None:
    """Writes a screenshot with a palette of the page's own colours and, for its pictures, of rare ones."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    counted = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    flat = [channel for _, colour in counted[:FLAT] for channel in colour]
    rare = picture.quantize(COLOURS - FLAT, method=Image.Quantize.MAXCOVERAGE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([*flat, *rare])
    path = HERE / name
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
