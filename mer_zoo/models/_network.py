"""What the networks of this package share: config, head, and how small an image may be or is made."""

import keras
from keras import layers

CHANNELS_LAST = "channels_last"


class Network(keras.Model):
    """A functional model that is rebuilt from the arguments of its constructor.

    A constructor ends with `self.keep_arguments(...)`, which makes every argument a public attribute
    and a part of the config.
    """

    def keep_arguments(self, input_shape: tuple[int, int, int], **arguments) -> None:
        """Keeps the arguments of the constructor, without `name`.

        Args:
            input_shape: `(height, width, channels)`. Its attribute is Keras' own, with the batch.
            arguments: become attributes. A value that is changed later is in the config, too.
        """
        self._image_shape, self._kept = tuple(input_shape), tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    def get_config(self):
        kept = {name: getattr(self, name) for name in self._kept}
        own = {"name": self.name, "trainable": self.trainable}
        return {"input_shape": self._image_shape, **kept, **own}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None):
        return cls(**config)


def head(features, num_classes: int, activation):
    """The last layer, computed in float32 under any dtype policy; `features`: `(batch, width)`."""
    return layers.Dense(num_classes, activation=activation, dtype="float32", name="head")(features)


def refuse_small(input_shape, least: int, reason: str, remedy: str = "") -> None:
    """Raises ValueError for an image with a side of less than `least` px.

    Args:
        input_shape: `(height, width, channels)`.
        least: the smallest side the network can take.
        reason: why, for the message: a clause without full stop.
        remedy: what else than a larger image would help, for the message.
    """
    if min(input_shape[:2]) < least:
        raise ValueError(
            f"input_shape={tuple(input_shape)} is too small: {reason}. "
            f"Use at least {least} px{remedy}."
        )


def downscaled(image, downscale: int):
    """The image `(batch, height, width, channels)`, averaged over squares of `downscale` px.

    Rows and columns after the last whole square are left out.

    Raises:
        ValueError: `downscale` is not a whole number of px, 1 or more.
    """
    if downscale < 1 or downscale != int(downscale):
        raise ValueError(f"downscale={downscale!r} must be a whole number of px, 1 or more.")
    if downscale == 1:
        return image
    return layers.AveragePooling2D(downscale, data_format=CHANNELS_LAST, name="downscale")(image)
