"""Parses action units from the text that annotators wrote."""

import re
import unicodedata


def split_action_units(text: str) -> tuple[str, ...]:
    """Splits the text of an action unit cell.

    Args:
        text: for example "12", "4+L10", "R6 + R12", "AU12A", "12(k)", "L14 or R14", "?".

    Returns:
        One text per unit, without "AU" and spaces. A side ("L10"), an intensity ("12A") and 4DME's
        mark "(k)" are kept. If the annotators could not decide, the alternatives stay together
        ("L14 or R14"). A unit that is only "?" is omitted.
    """
    text = unicodedata.normalize("NFKC", text)
    units = []
    for part in re.split(r"[+,;&]", text):
        choices = re.split(r"\bor\b|/", part, flags=re.IGNORECASE)
        names = [re.sub(r"\s+|AU", "", choice, flags=re.IGNORECASE) for choice in choices]
        unit = " or ".join(name for name in names if name)
        if unit and unit != "?":
            units.append(unit)
    return tuple(units)
