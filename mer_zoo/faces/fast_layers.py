"""Keras layers with the weights and outputs of Keras' own, written so that they run fast on a CPU.

All are channels last and do what the face networks need, no more. On TensorFlow they are Keras'
own.

* On JAX they make FaceMesh about eight times faster. XLA compiles grouped convolutions on a CPU
  into scalar loops, while it fuses a sum of shifted products into one fast pass. (With jaxlib
  0.10.2 it also compiled BlazeFace with grouped convolutions to wrong numbers, which the tests
  would notice.)
* On PyTorch they take about two thirds of the time. Keras copies the input of each channels-last
  convolution and pooling twice. A channels-first call on a transposed view copies nothing and
  runs the same channels-last kernel.
"""

import keras
from keras import layers, ops


class Conv2D(layers.Conv2D):
    """`keras.layers.Conv2D` without dilation, groups or activation."""

    def call(self, inputs: keras.KerasTensor):
        if keras.backend.backend() != "torch":
            return super().call(inputs)
        options = {"strides": self.strides, "padding": self.padding}
        outputs = ops.conv(_view(inputs), self.kernel, data_format="channels_first", **options)
        return _view_back(outputs) + self.bias


class DepthwiseConv2D(layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` with padding "same" and depth multiplier 1."""

    def call(self, inputs: keras.KerasTensor):
        if keras.backend.backend() == "jax":
            return self._shifted_products(inputs)
        if keras.backend.backend() != "torch":
            return super().call(inputs)
        options = {"strides": self.strides, "padding": "same", "data_format": "channels_first"}
        return _view_back(ops.depthwise_conv(_view(inputs), self.kernel, **options)) + self.bias

    def _shifted_products(self, inputs):
        rows, columns = self.kernel_size
        stride_y, stride_x = self.strides
        height, width = inputs.shape[1:3]
        top, bottom, out_height = _same_padding(height, rows, stride_y)
        left, right, out_width = _same_padding(width, columns, stride_x)
        padded = ops.pad(inputs, ((0, 0), (top, bottom), (left, right), (0, 0)))
        total = self.bias
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


class MaxPooling2D(layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` with padding "valid"."""

    def call(self, inputs: keras.KerasTensor):
        if keras.backend.backend() != "torch":
            return super().call(inputs)
        outputs = ops.max_pool(
            _view(inputs), self.pool_size, self.strides, data_format="channels_first"
        )
        return _view_back(outputs)


def _view(x):
    """Channels last -> channels first, without moving memory on PyTorch."""
    return ops.transpose(x, (0, 3, 1, 2))


def _view_back(x):
    return ops.transpose(x, (0, 2, 3, 1))


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Pixels before, pixels after and output size of TensorFlow's "same" padding."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, out
