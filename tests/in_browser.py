"""Pages in a headless Chromium: whether a page fits a narrow screen and can be read, in light and dark."""

import contextlib
import os
import shutil
from collections.abc import Iterator

import pytest

NARROW = {"width": 390, "height": 844}
SCHEMES = ("light", "dark")
LEAST_CONTRAST = 4.5  # of text, WCAG 2 level AA
_STILL = "* { transition: none !important; }"  # colours are looked at when they have settled

_FAULTS = """
least => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const channels = colour => {  // of any notation, as red, green, blue and opacity, 0..1
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].map(value => value / 255);
    };
    const over = (upper, lower, opacity) => lower.map((value, i) => value + (upper[i] - value) * opacity);
    const behind = element => {
        if (!element) return channels("Canvas").slice(0, 3);
        const own = channels(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement), own[3]);
    };
    const light = colour => {
        const [r, g, b] = colour.map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const contrast = element => {
        const style = getComputedStyle(element), ground = behind(element);
        const ink = channels(element instanceof SVGElement ? style.fill : style.color);
        let opacity = ink[3];
        for (let e = element; e; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
        const [low, high] = [light(over(ink, ground, opacity)), light(ground)].sort((a, b) => a - b);
        return (high + .05) / (low + .05);
    };
    const faults = [], root = document.documentElement;
    if (!root.lang) faults.push("the page has no language");
    if (root.scrollWidth > root.clientWidth)
        faults.push(`the page is ${root.scrollWidth} px wide on a screen of ${root.clientWidth} px`);
    for (const image of document.images)
        if (!image.alt.trim()) faults.push("an image has no alternative text");
        else if (image.checkVisibility() && image.clientWidth < 48)
            faults.push(`too small to see: ${image.alt}`);
    let former = 0;
    for (const {tagName, textContent} of document.querySelectorAll("h1, h2, h3, h4")) {
        if (tagName[1] > former + 1 || (tagName[1] == 1 && former))
            faults.push(`a heading out of order: ${tagName} ${textContent}`);
        former = +tagName[1];
    }
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim();
        if (!text || element.closest(":disabled, style, script")) continue;
        if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        if (contrast(element) < least) faults.push(`contrast ${contrast(element).toFixed(2)} of: ${text}`);
    }
    return faults;
}
"""

_FOCUSED = """
() => {
    const element = document.activeElement, style = getComputedStyle(element);
    if (element === document.body) return null;
    const seen = element.checkVisibility({visibilityProperty: true, opacityProperty: true});
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return {name: element.ariaLabel || element.innerText.trim(), shown: seen && outlined};
}
"""


def chromium_path() -> str:
    """The installed Chromium; without one the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    return path


@contextlib.contextmanager
def chromium(*arguments: str) -> Iterator:
    """A headless Chromium of Playwright, started with these arguments."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*arguments, *root])
        yield browser
        browser.close()


def faults(page) -> list[str]:
    """What hinders a reader of the page as it is shown now: a sentence for each fault.

    Text of too little contrast, a page wider than the screen, images without an alternative text or too
    small to see, headings that skip a level, and a page whose language is not stated.
    """
    page.add_style_tag(content=_STILL)
    return page.evaluate(_FAULTS, LEAST_CONTRAST)


def tabbed(page, presses: int) -> dict[str, bool]:
    """What Tab reaches from the top of the page: name of the control -> whether its focus is seen."""
    page.add_style_tag(content=_STILL)
    page.evaluate("document.activeElement.blur()")
    reached = {}
    for _ in range(presses):
        page.keyboard.press("Tab")
        if control := page.evaluate(_FOCUSED):
            reached[control["name"]] = control["shown"]
    return reached
