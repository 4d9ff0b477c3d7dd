"""`load`: from a release's folder to a dataset."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.corrections import correct
from mer_zoo.datasets.dataset import Dataset, as_table
from mer_zoo.datasets.frames import folders_without_rows, match_frames
from mer_zoo.datasets.phases import MISSING_APEX, settle_phases
from mer_zoo.datasets.protocol import Protocol
from mer_zoo.datasets.protocols import POOLS, PROTOCOLS, find_protocol, protocols
from mer_zoo.datasets.readers import read_release
from mer_zoo.datasets.report import LoadReport, Remark, listed
from mer_zoo.datasets.selection import (
    check_emotions,
    drop_repeats,
    own_classes,
    select_classes,
    select_protocol,
)
from mer_zoo.errors import DatasetError, MissedProtocolError

FRAMES = ("check", "ignore")


@dataclass(frozen=True)
class Policies:
    """How `load` treats missing or wrong annotations; see there."""

    missing_apex: str = "middle"
    corrections: bool = True
    frames: str = "check"

    def __post_init__(self):
        for name, allowed in (("missing_apex", MISSING_APEX), ("frames", FRAMES)):
            if getattr(self, name) not in allowed:
                raise DatasetError(
                    f"{name} is {getattr(self, name)!r}; expected {', '.join(allowed)}."
                )


def load(
    name: str,
    root: str | Path | Mapping | None,
    *,
    protocol: str | None = None,
    table: str | Path | Mapping | None = None,
    missing_apex: str = "middle",
    corrections: bool = True,
    classes: Mapping[str, str] | None = None,
    frames: str = "check",
    segment: str = "onset_apex",
    fps: float | None = None,
) -> Dataset:
    """Loads a dataset from the folder of its release.

    Args:
        name: "casme2", "samm", "smic", "casme3", "mmew", "4dme", "flow", "custom", or a pool of
            several: "megc2019", "casme2+casme3+samm".
        root: the release's folder. For a pool a mapping {"casme2": ..., "samm": ..., ...}; for
            "custom" also a csv table.
        protocol: one of `protocols(name)`. None uses every clip, with the emotions as classes; for
            a pool it means the first of its protocols.
        table: the annotation table, if it is not under `root`; a mapping for a pool.
        missing_apex: what to do with a clip whose apex is missing or outside onset..offset:
            "middle" of onset and offset, "drop" the clip, or "spot" (left unknown). SMIC has no
            apex.
        corrections: whether known mistakes of the tables are corrected (`corrections.CORRECTIONS`).
        classes: custom classes instead of a protocol, as {emotion: class}; other emotions are
            dropped. The protocol is then called "custom-<clips>".
        frames: "check" looks for the frames of every clip; "ignore" trusts the table, for
            inspection.
        segment: for "flow": "onset_apex", "apex_offset" or "both".
        fps: for "custom": frames per second of folders of frames whose row gives none. Videos keep their
            own times.

    Returns:
        The dataset, its rows in canonical order, with a report of what was repaired or dropped.

    Raises:
        DatasetError: the table or the tree cannot be used, rows contradict each other, or the
            protocol's published counts are not reached. No protocol is ever silently smaller.
        UnknownNameError: the name, protocol or an emotion is not known.
    """
    policies = Policies(missing_apex, corrections, frames)
    if name in POOLS:
        return _load_pool(name, root, protocol, table, classes, policies)
    wanted = None if protocol is None else find_protocol(protocol, name)
    if wanted is not None and classes is not None:
        raise DatasetError("protocol and classes were both given; expected one of them.")
    if isinstance(root, Mapping) or isinstance(table, Mapping):
        raise DatasetError(
            f"root or table of {name} is a mapping; expected a path. Only a pool has one for each of "
            f"its datasets: {', '.join(POOLS)}."
        )
    release = read_release(name, root, table, segment=segment, fps=fps)
    return assemble(release, wanted, classes, policies)


def read_table(name: str, path: str | Path, **options) -> Dataset:
    """Reads only an annotation table, without looking for frames.

    Args:
        name: a dataset that has a table.
        path: the table.
        **options: `protocol`, `classes`, `missing_apex` and `corrections` of `load`.

    Returns:
        The dataset; its paths are "".

    Raises:
        DatasetError, UnknownNameError: as for `load`.
    """
    return load(name, None, table=path, frames="ignore", **options)


def assemble(
    release: Release,
    protocol: Protocol | None,
    classes: Mapping[str, str] | None,
    policies: Policies,
) -> Dataset:
    """Makes a dataset from what a reader found; see `load`."""
    own = None if classes is None else own_classes(release, classes)
    annotations, remarks = drop_repeats(release.source, release.annotations)
    remarks = [*release.remarks, *remarks]
    check_emotions(release, annotations, own or ())
    if policies.corrections:
        corrected = [correct(annotation) for annotation in annotations]
        annotations = [annotation for annotation, _ in corrected]
        remarks += [remark for _, made in corrected for remark in made]
    if protocol is not None:
        added = _added(release, protocol)
        why = f"{protocol.name} counts this clip, which the table does not list"
        remarks += [Remark("note", row.id, row.where, why) for row in added]
        annotations, left_out = select_protocol(annotations + added, protocol)
    elif own is not None:
        annotations, left_out = select_classes(annotations, own)
    else:
        annotations, left_out = [replace(a, label=a.category) for a in annotations], []
    matched, missing = match_frames(release, annotations, look=policies.frames == "check")
    _refuse_missing(release, protocol, matched, missing)
    kept = []
    for annotation, numbers in matched:
        if release.kind == "images":
            kept.append(annotation)
            continue
        settled, log = settle_phases(
            annotation, numbers, missing_apex=policies.missing_apex, trimmed=release.trimmed
        )
        remarks += log
        kept += [settled] if settled is not None else []
    if protocol is not None:
        _check_protocol(release, protocol, kept, policies)
    if not kept:
        raise DatasetError(f"{release.source}: no clip is left. Look at protocol= and classes=.")
    remarks += left_out + missing + folders_without_rows(release, annotations)
    return Dataset(
        name=release.name,
        protocol=_protocol_name(protocol, own, len(kept)),
        class_names=_class_names(release, protocol, own, kept),
        kind=release.kind,
        table=as_table(kept),
        report=LoadReport(release.source, release.rows_read, len(kept), tuple(remarks)),
        table_version=release.version,
        image_files={a.id: a.files for a in kept if a.files},
    )


def _protocol_name(protocol: Protocol | None, own: Mapping | None, clips: int) -> str:
    if protocol is not None:
        return protocol.name
    return "all" if own is None else f"custom-{clips}"


def _class_names(
    release: Release, protocol: Protocol | None, own: Mapping | None, kept: Sequence[Annotation]
) -> tuple[str, ...]:
    if protocol is not None:
        return protocol.class_names
    if own is not None:
        return tuple(dict.fromkeys(own.values()))
    others = {annotation.label for annotation in kept} - set(release.emotions)
    return (*release.emotions, *sorted(others))


def _added(release: Release, protocol: Protocol) -> list[Annotation]:
    """Rows for the clips that a protocol counts and the table does not list, if frames are there."""
    listed_already = {annotation.id for annotation in release.annotations}
    folders, rows = release.folders or {}, []
    for clip, emotion in protocol.added.items():
        dataset, subject, name = clip.split("/")
        key = (subject, name.casefold())
        if clip not in listed_already and key in folders:
            where = f"frames in {folders[key]}, without a row"
            row = Annotation(dataset, subject, name, emotion, emotion, where, fps=release.fps)
            rows.append(replace(row, folder=key))
    return rows


def _refuse_missing(release, protocol, matched, missing: Sequence[Remark]) -> None:
    if not missing:
        return
    if not matched:
        raise DatasetError(
            f"None of the {len(missing)} clips of {release.source} has frames. Is root the folder of "
            f"the release? For instance {missing[0].clip}: {missing[0].what}."
        )
    if protocol is not None:
        raise DatasetError(
            f"{protocol.name} needs the frames of {len(missing)} clips that were not found: "
            f"{listed(remark.clip for remark in missing)}. {missing[0].what}. Complete the release, "
            "or load it without a protocol."
        )


def _check_protocol(
    release: Release, protocol: Protocol, kept: Sequence[Annotation], policies: Policies
) -> None:
    """Refuses a set of clips that misses the published counts, and says what may be the reason."""
    differences = protocol.differences(kept)
    if not differences:
        return
    reasons = []
    if protocol.table_version and release.version != protocol.table_version:
        reasons.append(
            f"the table's version is {release.version!r}, the counts belong to "
            f"{protocol.table_version!r}"
        )
    absent = sorted(set(protocol.added) - {a.id for a in kept})
    if absent:
        reasons.append(f"the frames of {listed(absent)}, which no table lists, have to be there")
    if policies.missing_apex == "drop":
        reasons.append('missing_apex="drop" leaves clips out')
    emotions = Counter(annotation.category for annotation in release.annotations)
    counts = ", ".join(f"{name} {n}" for name, n in sorted(emotions.items()))
    reasons.append(f"the table lists {counts}")
    raise MissedProtocolError(
        f"{protocol.name} is not reached with {release.source}: {'; '.join(differences)}. "
        f"Likely reasons: {'; '.join(reasons)}. Without a protocol, classes= makes a set of your own.",
        differences,
    )


def _load_pool(name, root, protocol, table, classes, policies: Policies) -> Dataset:
    if classes is not None:
        raise DatasetError(f"{name} has classes of its own; leave classes= out.")
    pooled = find_protocol(protocol or protocols(name)[0], name)
    for what, given in (("root", root), ("table", table if table is not None else {})):
        if not isinstance(given, Mapping) or set(given) - set(pooled.parts):
            raise DatasetError(
                f"{what} of {name} is {given!r}; expected a mapping with the keys "
                f"{', '.join(pooled.parts)}."
            )
    absent = set(pooled.parts) - set(root) - set(table or {})
    if absent:
        raise DatasetError(
            f"root of {name} has no {listed(sorted(absent))}; all {len(pooled.parts)} are pooled."
        )
    parts = []
    for part, part_protocol in pooled.parts.items():
        release = read_release(part, root.get(part), (table or {}).get(part))
        parts.append(assemble(release, PROTOCOLS[part_protocol], None, policies))
    import pandas as pd

    rows = pd.concat([part.table for part in parts], ignore_index=True)
    report = LoadReport(
        " + ".join(part.report.source for part in parts),
        sum(part.report.rows_read for part in parts),
        len(rows),
        tuple(remark for part in parts for remark in part.report.remarks),
    )
    return Dataset(
        name=name,
        protocol=pooled.name,
        class_names=pooled.class_names,
        kind="frames",
        table=rows.sort_values(["dataset", "subject", "clip"], ignore_index=True),
        report=report,
        table_version="; ".join(f"{part.name} {part.table_version}" for part in parts),
    )
