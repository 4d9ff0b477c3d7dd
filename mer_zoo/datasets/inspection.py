"""`inspect`: what a release's folder contains and which protocols it satisfies."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.datasets.frames import folders_without_rows, match_frames
from mer_zoo.datasets.loading import Policies, assemble
from mer_zoo.datasets.protocols import POOLS, PROTOCOLS, protocols
from mer_zoo.datasets.readers import read_release
from mer_zoo.datasets.report import LoadReport
from mer_zoo.errors import DatasetError, MissedProtocolError


@dataclass(frozen=True)
class ProtocolCheck:
    """Whether a release satisfies one protocol.

    Attributes:
        name: the protocol.
        clips: clips it expects.
        reached: whether this release holds exactly its clips.
        reason: "" if reached, otherwise what is missing.
    """

    name: str
    clips: int
    reached: bool
    reason: str


@dataclass(frozen=True)
class Inspection:
    """The result of inspecting a release.

    Attributes:
        name: the dataset.
        root: the folder looked into.
        table_version: the version of the annotation table; "unknown" for one that is not official.
        clips: annotated clips, repeated rows counted once.
        subjects: their subjects.
        label_counts: clips of each emotion.
        frames_found: clips with usable frames.
        missing: clips without usable frames.
        unlisted: folders of frames without a row in the table.
        protocols: the dataset's protocols.
        report: the load report of all clips.
    """

    name: str
    root: str
    table_version: str
    clips: int
    subjects: int
    label_counts: Mapping[str, int]
    frames_found: int
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]
    protocols: tuple[ProtocolCheck, ...]
    report: LoadReport

    def to_text(self) -> str:
        """The inspection as text, one finding per line."""
        counts = ", ".join(f"{name} {n}" for name, n in self.label_counts.items())
        version = self.table_version
        lines = [
            f"{self.name} in {self.root}",
            f"table: {version if version != 'unknown' else 'not a known official version'}",
            f"clips: {self.clips} of {self.subjects} subjects",
            f"emotions: {counts}",
            f"frames: {self.frames_found} clips found, {len(self.missing)} missing, "
            f"{len(self.unlisted)} folders without a row",
        ]
        lines += [f"    missing: {clip}" for clip in self.missing[:10]]
        if len(self.missing) > 10:
            lines.append(f"    and {len(self.missing) - 10} more")
        for check in self.protocols:
            state = "reached" if check.reached else f"not reached: {check.reason}"
            lines.append(f"protocol {check.name} ({check.clips} clips): {state}")
        counts = ", ".join(f"{n} {kind}" for kind, n in self.report.counts.items())
        return "\n".join([*lines, f"remarks: {counts}"])


def inspect(name: str, root: str | Path, *, table: str | Path | None = None) -> Inspection:
    """Inspects a release without requiring a protocol.

    Args:
        name: a name that `load` knows for one release.
        root: the release's folder.
        table: the annotation table, if it is not under `root`.

    Returns:
        The inspection.

    Raises:
        DatasetError: the table or the tree cannot be used, or the name is that of a pool.
        UnknownNameError: the name is not known.
    """
    if name in POOLS:
        needed = " or ".join(", ".join(PROTOCOLS[pool].parts.values()) for pool in protocols(name))
        raise DatasetError(
            f"{name} is no release of its own but pools {', '.join(POOLS[name])}. Check each of "
            f"them; a pooled protocol is reached where its parts are: {needed}."
        )
    release = read_release(name, root, table)
    clips = {annotation.id: annotation for annotation in release.annotations}
    matched, missing = match_frames(release, list(clips.values()), look=True)
    every = assemble(release, None, None, Policies(frames="check" if matched else "ignore"))
    counts = Counter(a.category for a in clips.values())
    return Inspection(
        name=name,
        root=str(root),
        table_version=release.version,
        clips=len(clips),
        subjects=len({a.subject_id for a in clips.values()}),
        label_counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        frames_found=len(matched),
        missing=tuple(remark.clip for remark in missing),
        unlisted=tuple(remark.what for remark in folders_without_rows(release, ())),
        protocols=tuple(_check(release, protocol) for protocol in protocols(name)),
        report=every.report,
    )


def _check(release, protocol: str) -> ProtocolCheck:
    wanted = PROTOCOLS[protocol]
    try:
        assemble(release, wanted, None, Policies())
    except MissedProtocolError as error:
        return ProtocolCheck(protocol, wanted.n_clips, False, "; ".join(error.differences))
    except DatasetError as error:
        return ProtocolCheck(protocol, wanted.n_clips, False, str(error))
    return ProtocolCheck(protocol, wanted.n_clips, True, "")
