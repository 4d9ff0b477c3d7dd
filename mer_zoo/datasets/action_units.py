"""Action units out of the text that annotators wrote."""

import re
import unicodedata


def split_action_units(text: str) -> tuple[str, ...]:
    """Takes the text of an action unit cell apart.

    Args:
        text: for example "12", "4+L10", "R6 + R12", "AU12A", "12(k)", "L14 or R14", "?".

    Returns:
        One text a unit, without "AU" and spaces: a side ("L10") and an intensity ("12A") stay,
        and so does 4DME's mark "(k)". Where the annotators could not decide, the alternatives stay
        together ("L14 or R14"). A unit that is only "?" is left out.
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
