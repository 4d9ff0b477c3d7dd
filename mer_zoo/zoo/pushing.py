"""Publishing a local entry on the Hugging Face Hub."""

from pathlib import Path

from mer_zoo.errors import CardError, HubError, OutputExistsError, WeightsError
from mer_zoo.extras import require_extra
from mer_zoo.settings import is_offline
from mer_zoo.zoo import weights
from mer_zoo.zoo.card_markdown import card_markdown, render
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.hub import WEIGHTS_SUFFIX, Address, client, connection_errors, unreachable
from mer_zoo.zoo.registry import CARD

PAGE = "README.md"


def push(folder: str | Path, address: str, *, public: bool = False, force: bool = False) -> str:
    """Publishes an entry folder: card, weights, and a page made of the card. Nothing else is sent.

    Args:
        folder: holds `card.toml` and the weights it names, as `finetune` and `train` write them.
        address: `hf://org/repo`; the repository is made when there is none.
        public: a new repository is seen by everyone; otherwise by its owners. Of a repository that
            is there nothing changes.
        force: the repository holds an entry or a page already: add a commit that replaces it. Its
            history keeps the old one.

    Returns:
        The pinned address `hf://org/repo@commit`, which `mer_zoo.load` opens.

    Raises:
        CardError, WeightsError: the folder is no sound entry.
        OutputExistsError: the repository holds an entry or a page and `force` is false.
        HubError: the address is wrong, the Hub refuses, or the network is forbidden or gone.
        MissingPackageError: huggingface_hub is not installed.
    """
    where = Address.parse(address)
    if where.revision is not None:
        raise HubError(
            f"{address}: a push makes a revision of its own. Leave @{where.revision} out."
        )
    card, files = _sound_entry(Path(folder).expanduser())
    if is_offline():
        raise HubError(f"MER_ZOO_OFFLINE forbids to push to {where}. Unset it for this once.")
    require_extra("hub", "huggingface_hub", "push")
    try:
        return _commit(where, card, files, public, force)
    except connection_errors() as error:
        if isinstance(error, OutputExistsError):
            raise
        raise unreachable(where, error) from error


def page(card: Card, address: Address) -> str:
    """The Hub's page of an entry, Markdown with the metadata the Hub reads, made of its card."""
    return render("hub_page.md.j2", card=card, address=address, body=card_markdown(card))


def _sound_entry(folder: Path) -> tuple[Card, dict[str, bytes]]:
    """The card of a folder and its two files, as they will be sent."""
    card = Card.read(folder / CARD)
    file = card.weights.file
    if Path(file).name != file or not file.endswith(WEIGHTS_SUFFIX):
        raise CardError(
            f"{folder / CARD} names the weights {file!r}; only a {WEIGHTS_SUFFIX} file beside the "
            "card can be pushed."
        )
    if not (folder / file).exists():
        raise WeightsError(f"{folder} has no {file}, which its card names. Make the entry again.")
    weights.read(folder / file, card.weights.sha256)
    return card, {name: (folder / name).read_bytes() for name in (CARD, file)}


def _commit(where: Address, card: Card, files: dict[str, bytes], public, force) -> str:
    from huggingface_hub import CommitOperationAdd

    api = client()
    api.create_repo(where.repo, private=not public, exist_ok=True)
    there = {file.rfilename for file in api.model_info(where.repo).siblings or []}
    if (taken := sorted(there & {CARD, PAGE})) and not force:
        raise OutputExistsError(
            f"{where} holds {' and '.join(taken)} already. Choose another repository, or say "
            "force=True (--force): a new commit replaces them, and the history keeps the old ones."
        )
    content = {**files, PAGE: page(card, where).encode("utf-8")}
    done = api.create_commit(
        where.repo,
        [CommitOperationAdd(name, data) for name, data in content.items()],
        commit_message=f"{card.name} {card.version}",
    )
    return str(where.at(done.oid))
