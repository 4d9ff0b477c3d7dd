"""Names of entries as a list that is shown as a table."""

from html import escape

from mer_zoo.zoo.cards import Card

HEADINGS = ("entry", "image", "parameters", "saw clips", "score (majority)")


def facts(card: Card) -> tuple[str, ...]:
    """What a line of a table says of an entry, one text for each of `HEADINGS`."""
    score = card.metrics[0] if card.metrics else None
    return (
        card.name,
        card.preprocessing.modality,
        f"{card.network.parameters:,}",
        _seen(card.trained_on),
        f"{score.name} {score.value:.2f} ({score.majority:.2f})" if score else "-",
    )


def _seen(saw) -> str:
    if saw.altered:
        return "unknown"
    return f"{saw.real_clips} real" if saw.real_clips else "synthetic"


class ModelNames(list):
    """A list of names; `print` and notebooks show a table with what their cards say.

    The cards are read when the table is shown. `repr` is that of a list.
    """

    def __str__(self) -> str:
        rows = [HEADINGS, *self._facts()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            " ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_pretty_(self, printer, cycle) -> None:
        """What IPython shows in a terminal."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._facts()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _facts(self) -> list[tuple[str, ...]]:
        from mer_zoo.zoo.registry import card

        return [facts(card(name)) for name in self]
