"""A card as Markdown, for the Hub and the documentation."""

import json
from importlib import resources

from mer_zoo.zoo.cards import Card


def card_markdown(card: Card) -> str:
    """Limits, classes, scores with their baselines, and the origin of the weights."""
    return render("card.md.j2", card=card)


def render(template: str, **values) -> str:
    """Renders a Markdown template of this package. A missing value is an error."""
    import jinja2

    source = resources.files("mer_zoo.zoo").joinpath(template).read_text("utf-8")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["quoted"] = json.dumps  # JSON is YAML
    return environment.from_string(source).render(**values)
