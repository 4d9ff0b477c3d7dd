"""A protocol: a named, frozen set of clips with its classes and the counts it must reach."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from mer_zoo.datasets.annotation import Annotation


@dataclass(frozen=True)
class Protocol:
    """One published set of clips.

    Attributes:
        name: `<dataset>-<classes>-<clips>`, for example "casme2-5class-246".
        dataset: the name to load it by: "casme2".
        class_names: the classes in their fixed order.
        classes: emotion (lower case) -> class; clips of other emotions are excluded.
        counts: source dataset -> class -> required number of clips.
        subjects: source dataset -> required number of subjects, None if not published.
        excluded: names of excluded clips.
        added: clips with frames that are missing from the official table -> their emotion.
        table_version: the version of the table that the counts belong to, None for any.
        source: who published it.
        parts: source dataset -> the protocol of its clips, for a protocol that pools datasets.
    """

    name: str
    dataset: str
    class_names: tuple[str, ...]
    classes: Mapping[str, str]
    counts: Mapping[str, Mapping[str, int]]
    subjects: Mapping[str, int | None]
    source: str
    excluded: tuple[str, ...] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    table_version: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("classes", "subjects", "added", "parts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        counts = {key: MappingProxyType(dict(value)) for key, value in self.counts.items()}
        object.__setattr__(self, "counts", MappingProxyType(counts))

    @property
    def n_clips(self) -> int:
        """Total number of clips."""
        return sum(self.class_counts.values())

    @property
    def n_subjects(self) -> int | None:
        """Total number of subjects, None if not published."""
        known = [count for count in self.subjects.values() if count is not None]
        return sum(known) if len(known) == len(self.subjects) else None

    @property
    def class_counts(self) -> dict[str, int]:
        """Clips of each class over all source datasets."""
        total = Counter()
        for counts in self.counts.values():
            total.update(counts)
        return {name: total[name] for name in self.class_names}

    def __repr__(self) -> str:
        return f"Protocol({self.name!r})"

    def differences(self, annotations: Sequence[Annotation]) -> list[str]:
        """Where labelled clips differ from the published counts; empty if they agree."""
        found = Counter((a.dataset, a.label) for a in annotations)
        people = {(a.dataset, a.subject) for a in annotations}
        lines = []
        for dataset, counts in self.counts.items():
            for label, expected in counts.items():
                if found[dataset, label] != expected:
                    lines.append(
                        f"{dataset} {label}: {expected} expected, {found[dataset, label]} found"
                    )
            subjects = self.subjects.get(dataset)
            there = sum(name == dataset for name, _ in people)
            if subjects is not None and there != subjects:
                lines.append(f"{dataset} subjects: {subjects} expected, {there} found")
        strange = sorted({name for name, _ in people} - set(self.counts))
        return lines + [f"{name}: 0 clips expected, some found" for name in strange]
