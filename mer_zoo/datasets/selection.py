"""From annotations to labelled clips: duplicates, unknown emotions, protocol or classes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.protocol import Protocol
from mer_zoo.datasets.report import Remark, listed, shortened
from mer_zoo.errors import DatasetError, UnknownNameError, shown

Selected = tuple[list[Annotation], list[Remark]]


def drop_repeats(source: str, annotations: Sequence[Annotation]) -> Selected:
    """Drops rows that repeat an earlier one exactly; `source` is for messages.

    Raises:
        DatasetError: two rows of one clip contradict each other; both are named.
    """
    first: dict[str, Annotation] = {}
    remarks = []
    for annotation in annotations:
        earlier = first.setdefault(annotation.id.casefold(), annotation)
        if earlier is annotation:
            continue
        same = replace(annotation, where=earlier.where, path=earlier.path, files=earlier.files)
        if same != earlier:
            raise DatasetError(
                f"{source}: {shortened(annotation.id)} is annotated twice, and differently: "
                f"{earlier.where} and {annotation.where}. Remove the wrong one."
            )
        what = f"{annotation.where} repeats {earlier.where}"
        remarks.append(Remark("dropped", annotation.id, what, "repeated row"))
    return list(first.values()), remarks


def check_emotions(
    release: Release, annotations: Sequence[Annotation], own: Iterable[str] = ()
) -> None:
    """Refuses emotions that neither the dataset nor the custom classes define.

    Raises:
        DatasetError: names the rows and the emotions.
    """
    known = {*release.emotions, *own}
    strange = [
        f"{a.where}: {shown(a.emotion)}"
        for a in annotations
        if a.category not in known and not set(a.category.split("+")) <= known
    ]
    if strange:
        raise DatasetError(
            f"{release.source}: {len(strange)} rows have an emotion that {release.name} does not "
            f"have ({listed(strange, 5)}). Expected {', '.join(release.emotions)}; correct the table or "
            "name the emotion in classes=."
        )


def select_protocol(annotations: Sequence[Annotation], protocol: Protocol) -> Selected:
    """The clips of a protocol with their labels."""
    kept, remarks = [], []
    for annotation in annotations:
        label = protocol.classes.get(annotation.category)
        if annotation.id in protocol.excluded:
            why = f"{protocol.name} leaves this clip out by name"
        elif label is None:
            why = f"{protocol.name} has no class for this emotion"
        else:
            kept.append(replace(annotation, label=label))
            continue
        remarks.append(Remark("dropped", annotation.id, annotation.emotion, why))
    return kept, remarks


def select_classes(annotations: Sequence[Annotation], classes: Mapping[str, str]) -> Selected:
    """The clips of the custom classes with their labels."""
    kept, remarks = [], []
    for annotation in annotations:
        if annotation.category in classes:
            kept.append(replace(annotation, label=classes[annotation.category]))
        else:
            why = "classes= has no class for this emotion"
            remarks.append(Remark("dropped", annotation.id, annotation.emotion, why))
    return kept, remarks


def own_classes(release: Release, classes: Mapping[str, str]) -> dict[str, str]:
    """The custom classes with their emotions spelled as categories.

    Raises:
        DatasetError: it is empty or not a mapping of texts.
        UnknownNameError: an emotion is neither known nor in the release.
    """
    if not isinstance(classes, Mapping) or not classes:
        raise DatasetError(
            f"classes is {classes!r}; expected a mapping from emotion to class, for instance "
            '{"happiness": "positive"}.'
        )
    there = {annotation.category for annotation in release.annotations}
    known = {name.casefold(): name for name in (*release.emotions, *sorted(there))}
    mapping = {}
    for emotion, label in classes.items():
        if not isinstance(label, str) or not label.strip():
            raise DatasetError(f"classes[{emotion!r}] is {label!r}; expected the name of a class.")
        name = emotion if emotion in there else known.get(str(emotion).strip().casefold())
        if name is None:
            raise UnknownNameError.among(f"emotion of {release.name}", emotion, known.values())
        mapping[name] = label
    return mapping
