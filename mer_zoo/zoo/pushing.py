"""Publishing a local entry on the Hugging Face Hub."""

from pathlib import Path

from mer_zoo.errors import CardError, HubError, OutputExistsError, WeightsError
from mer_zoo.extras import require_extra
from mer_zoo.settings import is_offline
from mer_zoo.zoo import weights
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.hub import HubAddress, client, connection_errors, unreachable
from mer_zoo.zoo.hub_page import page
from mer_zoo.zoo.registry import CARD

PAGE = "README.md"
RIGHTS = range(10, 2001)  # characters of the statement


def push(
    folder: str | Path,
    address: str,
    *,
    public: bool = False,
    force: bool = False,
    rights: str = "",
) -> str:
    """Publishes an entry folder: card, weights, and a page made of the card. Nothing else is sent.

    The entry is verified first, as `mer-zoo verify` does: weights, card and golden outputs.

    Args:
        folder: holds `card.toml` and the weights it names, as `finetune` and `train` write them.
        address: `hf://org/repo`; the repository is made when there is none.
        public: make a new repository public; it is private by default. An existing repository keeps
            its visibility.
        force: the repository holds an entry or a page already: add a commit that replaces it. Its
            history keeps the old one.
        rights: why you may publish the weights, for instance "Own recordings, all subjects agreed in
            writing.": 10 to 2000 characters that are shown on the page. Needed where everyone will
            see weights that were trained on real clips.

    Returns:
        The pinned address `hf://org/repo@commit`, which `mer_zoo.load` opens.

    Raises:
        CardError, WeightsError: the folder is not a valid entry.
        OutputExistsError: the repository holds an entry or a page and `force` is false.
        HubError: the address is wrong, `rights` is missing or too short, the Hub refuses, or the
            network is forbidden or gone.
        MissingPackageError: huggingface_hub is not installed.
    """
    where = HubAddress.parse(address)
    if where.revision is not None:
        raise HubError(
            f"{address}: a push makes a revision of its own. Leave @{where.revision} out."
        )
    card, files = _sound_entry(Path(folder).expanduser())
    if rights and len(rights.strip()) not in RIGHTS:
        raise HubError(
            f"{where}: the statement of your rights has {len(rights.strip())} characters; expected "
            f"{RIGHTS.start} to {RIGHTS.stop - 1}: say in a sentence why you may publish the weights."
        )
    if public:
        _refuse_without_rights(where, card, rights)
    if is_offline():
        raise HubError(f"MER_ZOO_OFFLINE forbids to push to {where}. Unset it for this once.")
    require_extra("hub", "huggingface_hub", "push")
    _refuse_unverified(Path(folder).expanduser())
    try:
        return _commit(where, card, files, public, force, rights)
    except connection_errors() as error:
        if isinstance(error, OutputExistsError | HubError):
            raise
        raise unreachable(where, error) from error


def _sound_entry(folder: Path) -> tuple[Card, dict[str, bytes]]:
    """The card of a folder and its two files, as they will be sent."""
    card = Card.read(folder / CARD)
    stored = card.weights
    if not (folder / stored.file).exists():
        raise WeightsError(
            f"{folder} has no {stored.file}, which its card names. Make the entry again."
        )
    weights.read(folder / stored.file, stored.sha256, stored.bytes)
    return card, {name: (folder / name).read_bytes() for name in (CARD, stored.file)}


def _refuse_without_rights(where: HubAddress, card: Card, rights: str) -> None:
    if (seen := card.trained_on.real_clips_seen) and not rights:
        raise HubError(
            f"{card.name} was trained on {seen}, and everyone would "
            f"see it at {where}. The agreement of a dataset often forbids that: read it first. If "
            'you may publish the weights, state why: rights="..." (--rights on the command line), which '
            "the page will show. Otherwise push to a private repository."
        )


def _refuse_unverified(folder: Path) -> None:
    """Raises what `mer-zoo verify` finds wrong with the entry of a folder."""
    from mer_zoo.zoo.golden import verify  # here, since it imports a backend

    check = verify(folder)
    if check.weights:
        raise WeightsError(f"{folder} is not pushed: {check.weights}")
    if check.card:
        raise CardError(f"{folder} is not pushed: {check.card}. Make the entry again.")
    if not check.passed:
        raise CardError(
            f"{folder} is not pushed: its answers to the golden clips {check.golden} from those of its "
            "card, so the card describes other weights or another preprocessing. Make the entry again."
        )


def _commit(where: HubAddress, card: Card, files: dict[str, bytes], public, force, rights) -> str:
    from huggingface_hub import CommitOperationAdd

    api = client()
    api.create_repo(where.repo, private=not public, exist_ok=True)
    found = api.model_info(where.repo)
    if not found.private:  # it may have been there before, and public
        _refuse_without_rights(where, card, rights)
    there = {file.rfilename for file in found.siblings or []}
    if (taken := sorted(there & {CARD, PAGE})) and not force:
        raise OutputExistsError(
            f"{where} holds {' and '.join(taken)} already. Choose another repository, or say "
            "force=True (--force): a new commit replaces them, and the history keeps the old ones."
        )
    content = {**files, PAGE: page(card, where, rights).encode("utf-8")}
    done = api.create_commit(
        where.repo,
        [CommitOperationAdd(name, data) for name, data in content.items()],
        commit_message=f"{card.name} {card.version}",
    )
    return str(where.at(done.oid))
