"""Commands about zoo entries: list, card, verify, push."""

from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import SOME_FAILED, EntryName, choose_backend, out, progress_bar


def list_entries(pattern: Annotated[str, typer.Argument(help="Shell pattern.")] = "*"):
    """Lists the zoo entries."""
    from mer_zoo import zoo
    from mer_zoo.cli import tables

    cards = [zoo.card(name) for name in zoo.list_models(pattern)]
    out.print(tables.entries(cards))


def card(
    name: EntryName,
    toml: Annotated[bool, typer.Option("--toml", help="Print the card file (TOML).")] = False,
):
    """Shows the card of an entry: its training data, scores, limits and intended use."""
    from mer_zoo import zoo
    from mer_zoo.cli import tables

    entry = zoo.find(name)
    if toml:
        print((entry.folder / "card.toml").read_text(encoding="utf-8"), end="")
    else:
        for part in tables.card(entry.card):
            out.print(part)


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Entries; all by default.")] = None,
):
    """Verifies weight files, golden outputs and cards against the built networks."""
    from mer_zoo import zoo
    from mer_zoo.cli import tables

    choose_backend()
    from mer_zoo.zoo.golden import verify as verify_entry

    checks, names = [], names or zoo.list_models()
    with progress_bar() as bar:
        task = bar.add_task("verifying", total=len(names))
        for name in names:
            bar.update(task, description=name)
            checks.append(verify_entry(name))
            bar.advance(task)
    for part in tables.checks(checks):
        out.print(part)
    if not all(check.passed for check in checks):
        raise typer.Exit(SOME_FAILED)


def push(
    folder: Annotated[Path, typer.Argument(help="Zoo folder that finetune or train wrote.")],
    address: Annotated[str, typer.Argument(help="hf://org/repo")],
    public: Annotated[bool, typer.Option("--public", help="Make a new repository public.")] = False,
    rights: Annotated[
        str,
        typer.Option(
            help="Your right to publish weights trained on real clips; shown on the page."
        ),
    ] = "",
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace the entry in a repository that has one; its history keeps it."
        ),
    ] = False,
):
    """Publishes an entry on the Hugging Face Hub: card, weights, and a page made from the card.

    The entry is verified first.
    """
    from mer_zoo import zoo

    choose_backend()
    pinned = zoo.push(folder, address, public=public, force=force, rights=rights)
    out.print(f"pushed; use it with mer-zoo predict --model {pinned} VIDEO", soft_wrap=True)
