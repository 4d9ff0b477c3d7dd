"""What the colours of a network's image stand for."""

RGB = ("red", "green", "blue")

LEGENDS: dict[tuple[str, ...], str] = {
    tuple(channels.split()): text
    for channels, text in {
        "u v response": "Colours of a MESTI image: red is horizontal motion, green vertical motion, "
        "blue change of brightness; grey is none.",
        "u v strain": "Colours of an optical flow image: red is horizontal motion, green vertical "
        "motion, blue how much the skin is strained; grey is none.",
        "response": "In a one-channel MESTI image, what became brighter is bright and what became "
        "darker is dark; grey is none.",
        "response reference": "Colours of a MESTI image with its reference: red is change of "
        "brightness, green the average of the frames.",
        "difference": "In a difference image, what became brighter is bright and what became darker "
        "is dark; grey is none.",
    }.items()
}
"""Channels of an image, as `mer_zoo.modalities.channel_names` gives them -> what they show. Images that are
not here, such as dynamic images, have the colours of frames, which stand for nothing."""


def is_colour(channels: tuple[str, ...]) -> bool:
    """Whether an image with these channels has the colours of frames, 0..255, in its first three channels."""
    return tuple(name.rpartition("_")[2] for name in channels[:3]) == RGB
