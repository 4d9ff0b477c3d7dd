"""The page of an entry on the Hub: Markdown with the Hub's metadata, made from the card."""

import re
from typing import TYPE_CHECKING

from mer_zoo.zoo.card_markdown import card_markdown, render
from mer_zoo.zoo.cards import Card

if TYPE_CHECKING:
    from mer_zoo.zoo.hub import HubAddress

KNOWN_LICENCES = frozenset(
    (
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "zlib", "unlicense"),
        *("mpl-2.0", "epl-2.0", "eupl-1.1", "afl-3.0", "ecl-2.0", "ms-pl", "osl-3.0", "ncsa"),
        *("gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "artistic-2.0", "bsl-1.0"),
        *("cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nd-4.0"),
        *("cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-3.0"),
        *("cc-by-nc-sa-4.0", "openrail", "odc-by", "odbl", "pddl", "cdla-permissive-2.0"),
    )
)
"""Identifiers of the Hub for licences of files that anyone may get; any other licence is "other"."""


def page(card: Card, address: "HubAddress", rights: str = "") -> str:
    """The page of an entry.

    Args:
        card: the card it is made of.
        address: a `mer_zoo.zoo.hub.HubAddress`.
        rights: why the publisher may publish these weights; shown on the page if given.
    """
    return render(
        "hub_page.md.j2",
        card=card,
        address=address,
        rights=" ".join(rights.split()),
        licence=licence_metadata(card.licence),
        body=card_markdown(card),
    )


def licence_metadata(licence: str) -> dict[str, str]:
    """The Hub metadata of a licence.

    The Hub refuses a `license` that is not in its list. Any other licence is "other" with a
    `license_name`.

    Args:
        licence: as on the card, an SPDX identifier or a text.
    """
    identifier = licence.strip().lower()
    if identifier in KNOWN_LICENCES:
        return {"license": identifier}
    name = re.sub(r"[^a-z0-9.]+", "-", identifier).strip("-.")[:80].rstrip("-.")
    return {"license": "other", "license_name": name or "see-card"}
