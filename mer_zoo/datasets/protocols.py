"""The published protocols, as data.

Counts and subjects: the challenge's own description for MEGC 2019 (J. See et al., "MEGC 2019 - The
Second Facial Micro-Expressions Grand Challenge", FG 2019) and the releases' annotation tables for the
others.
"""

from collections.abc import Sequence
from types import MappingProxyType

from mer_zoo.datasets.protocol import Protocol
from mer_zoo.errors import UnknownNameError

THREE_CLASSES = ("negative", "positive", "surprise")
CASME2_FIVE = ("happiness", "disgust", "surprise", "repression", "others")
SAMM_FIVE = ("anger", "contempt", "happiness", "surprise", "other")
CASME3_SEVEN = ("happy", "anger", "fear", "disgust", "surprise", "others", "sad")

# Frames of this clip are in CASME II's release; its table has no row for it.
WITHOUT_ROW = "casme2/sub24/EP02_07"
# MEGC 2019 leaves out the clips whose apex is missing or equals the onset.
WITHOUT_APEX = ("casme2/sub04/EP12_01f", "casme2/sub05/EP09_05f")

_CASME2_THREE = dict(zip(THREE_CLASSES, (88, 32, 25), strict=True))
_SAMM_THREE = dict(zip(THREE_CLASSES, (92, 26, 15), strict=True))
_SMIC_THREE = dict(zip(THREE_CLASSES, (70, 51, 43), strict=True))
_SAME_THREE = {name: name for name in THREE_CLASSES}
_MEGC = "J. See et al., FG 2019 (MEGC 2019, composite database evaluation)"
_CLASSES_OF_MEGC = "the three classes of MEGC 2019"


def _casme2_five(clips: int, table_version: str, surprise: int, disgust: int, added=()) -> Protocol:
    counts = dict(zip(CASME2_FIVE, (32, disgust, surprise, 27, 99), strict=True))
    return Protocol(
        name=f"casme2-5class-{clips}",
        dataset="casme2",
        class_names=CASME2_FIVE,
        classes={name: name for name in CASME2_FIVE},
        counts={"casme2": counts},
        subjects={"casme2": 26},
        excluded=() if added else (WITHOUT_ROW,),
        added=dict.fromkeys(added, "disgust"),
        table_version=table_version,
        source="W.-J. Yan et al., PLoS ONE 9(1), 2014; coding table " + table_version,
    )


def _megc2019_flow(name: str, without: str = "") -> Protocol:
    """The composite of MEGC 2019 as flow images, perhaps without one of its parts."""
    counts = {"casme2": _CASME2_THREE, "samm": _SAMM_THREE, "smic": _SMIC_THREE}
    subjects: dict[str, int | None] = {"casme2": 24, "samm": 28, "smic": 16}
    return Protocol(
        name=name,
        dataset="flow",
        class_names=THREE_CLASSES,
        classes=_SAME_THREE,
        counts={part: count for part, count in counts.items() if part != without},
        subjects={part: count for part, count in subjects.items() if part != without},
        source=_MEGC + f", without {without.upper()}" * bool(without),
    )


_SINGLE = (
    _casme2_five(246, "20140508", surprise=25, disgust=63),
    _casme2_five(247, "20140508", surprise=25, disgust=64, added=(WITHOUT_ROW,)),
    _casme2_five(249, "20190701", surprise=28, disgust=63),
    _casme2_five(250, "20190701", surprise=28, disgust=64, added=(WITHOUT_ROW,)),
    Protocol(
        name="casme2-3class-145",
        dataset="casme2",
        class_names=THREE_CLASSES,
        classes={
            "disgust": "negative",
            "repression": "negative",
            "happiness": "positive",
            "surprise": "surprise",
        },
        counts={"casme2": _CASME2_THREE},
        subjects={"casme2": 24},
        excluded=(WITHOUT_ROW, *WITHOUT_APEX),
        table_version="20140508",
        source=_MEGC,
    ),
    Protocol(
        name="samm-5class-136",
        dataset="samm",
        class_names=SAMM_FIVE,
        classes={name: name for name in SAMM_FIVE},
        counts={"samm": dict(zip(SAMM_FIVE, (57, 12, 26, 15, 26), strict=True))},
        subjects={"samm": 27},
        source="A. Davison et al., IEEE Trans. Affective Computing 9(1), 2018; FACS codes v2",
    ),
    Protocol(
        name="samm-3class-133",
        dataset="samm",
        class_names=THREE_CLASSES,
        classes={
            **dict.fromkeys(("anger", "contempt", "disgust", "fear", "sadness"), "negative"),
            "happiness": "positive",
            "surprise": "surprise",
        },
        counts={"samm": _SAMM_THREE},
        subjects={"samm": 28},
        source=_MEGC,
    ),
    Protocol(
        name="smic-3class-164",
        dataset="smic",
        class_names=THREE_CLASSES,
        classes=_SAME_THREE,
        counts={"smic": _SMIC_THREE},
        subjects={"smic": 16},
        table_version="folders",
        source="X. Li et al., FG 2013 (SMIC-HS)",
    ),
    Protocol(
        name="casme3-7class-860",
        dataset="casme3",
        class_names=CASME3_SEVEN,
        classes={name: name for name in CASME3_SEVEN},
        counts={"casme3": dict(zip(CASME3_SEVEN, (55, 64, 86, 250, 187, 161, 57), strict=True))},
        subjects={"casme3": None},
        source="J. Li et al., IEEE TPAMI 45(3), 2023; part A, table JpgIndex v2",
    ),
    Protocol(
        name="casme3-3class-699",
        dataset="casme3",
        class_names=THREE_CLASSES,
        classes={
            **dict.fromkeys(("anger", "fear", "disgust", "sad"), "negative"),
            "happy": "positive",
            "surprise": "surprise",
        },
        counts={"casme3": dict(zip(THREE_CLASSES, (457, 55, 187), strict=True))},
        subjects={"casme3": None},
        source=f"the rows of casme3-7class-860 with {_CLASSES_OF_MEGC}",
    ),
    Protocol(
        name="casme2-7class-255",
        dataset="casme2",
        class_names=CASME3_SEVEN,
        classes={
            **{name: name for name in ("fear", "disgust", "surprise")},
            **dict.fromkeys(("others", "repression"), "others"),
            "happiness": "happy",
            "sadness": "sad",
        },
        counts={
            "casme2": {
                "happy": 32,
                "fear": 2,
                "disgust": 63,
                "surprise": 25,
                "others": 126,
                "sad": 7,
            }
        },
        subjects={"casme2": 26},
        excluded=(WITHOUT_ROW,),
        table_version="20140508",
        source="every row of the coding table 20140508, with the classes of CAS(ME)^3",
    ),
    Protocol(
        name="samm-7class-159",
        dataset="samm",
        class_names=CASME3_SEVEN,
        classes={
            **{name: name for name in ("anger", "fear", "disgust", "surprise")},
            **dict.fromkeys(("other", "contempt"), "others"),
            "happiness": "happy",
            "sadness": "sad",
        },
        counts={"samm": dict(zip(CASME3_SEVEN, (26, 57, 8, 9, 15, 38, 6), strict=True))},
        subjects={"samm": None},
        source="every row of the FACS codes v2, with the classes of CAS(ME)^3",
    ),
    _megc2019_flow("megc2019-flow-442"),
    _megc2019_flow("megc2019-flow-309", without="samm"),
)
_BY_NAME = {protocol.name: protocol for protocol in _SINGLE}


def _pool(name: str, dataset: str, parts: Sequence[str], source: str) -> Protocol:
    """The clips of several protocols of the same classes."""
    pooled = [_BY_NAME[part] for part in parts]
    return Protocol(
        name=name,
        dataset=dataset,
        class_names=pooled[0].class_names,
        classes={label: label for label in pooled[0].class_names},
        counts={part.dataset: part.counts[part.dataset] for part in pooled},
        subjects={part.dataset: part.subjects[part.dataset] for part in pooled},
        source=source,
        parts={part.dataset: part.name for part in pooled},
    )


_POOLED = (
    _pool(
        "megc2019-442",
        "megc2019",
        ("casme2-3class-145", "samm-3class-133", "smic-3class-164"),
        _MEGC,
    ),
    _pool(
        "casme2+casme3+samm-3class-977",
        "casme2+casme3+samm",
        ("casme2-3class-145", "casme3-3class-699", "samm-3class-133"),
        f"no publication; the parts' clips, {_CLASSES_OF_MEGC}",
    ),
    _pool(
        "casme2+casme3+samm-7class-1274",
        "casme2+casme3+samm",
        ("casme2-7class-255", "casme3-7class-860", "samm-7class-159"),
        "no publication; the parts' clips, the seven classes of CAS(ME)^3",
    ),
)

PROTOCOLS = MappingProxyType({protocol.name: protocol for protocol in (*_SINGLE, *_POOLED)})

POOLS = MappingProxyType({pool.dataset: tuple(pool.parts) for pool in _POOLED})
"""Names that `load` knows for several releases together, and the datasets of each."""


def protocols(dataset: str) -> tuple[str, ...]:
    """Names of the protocols of one dataset, for example `protocols("casme2")`."""
    return tuple(name for name, protocol in PROTOCOLS.items() if protocol.dataset == dataset)


def find_protocol(name: str, dataset: str) -> Protocol:
    """The protocol of this name.

    Raises:
        UnknownNameError: it does not exist, or belongs to another dataset.
    """
    if name not in protocols(dataset):
        raise UnknownNameError.among(f"protocol of {dataset}", name, protocols(dataset))
    return PROTOCOLS[name]
