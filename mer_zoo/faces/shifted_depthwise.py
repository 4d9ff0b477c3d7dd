"""A 3x3 depthwise convolution as nine shifted multiply-adds."""

import keras
from keras import ops


class ShiftedDepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D`, same weights and outputs, written as shifted multiply-adds.

    XLA compiles grouped convolutions on a CPU into scalar loops, while it fuses this sum into one
    vectorised pass. Supports what the face networks need: channels last, depth multiplier 1,
    dilation 1, padding "same" as TensorFlow defines it (the odd pixel goes after).
    """

    def call(self, inputs):
        rows, columns = self.kernel_size
        stride_y, stride_x = self.strides
        height, width = inputs.shape[1:3]
        top, bottom, out_height = _same_padding(height, rows, stride_y)
        left, right, out_width = _same_padding(width, columns, stride_x)
        padded = ops.pad(inputs, ((0, 0), (top, bottom), (left, right), (0, 0)))
        total = self.bias if self.use_bias else 0.0
        for row in range(rows):
            for column in range(columns):
                window = padded[
                    :,
                    row : row + (out_height - 1) * stride_y + 1 : stride_y,
                    column : column + (out_width - 1) * stride_x + 1 : stride_x,
                    :,
                ]
                total = total + window * self.kernel[row, column, :, 0]
        return total


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Pixels before, pixels after and output size of TensorFlow's "same" padding."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, out
