"""What a moving head explains of a change of grey levels; `mer_zoo.modalities.rigid` is its twin.

Sums of products in place of matrix products, and elimination written out, as in `_planes`.
"""

import numpy as np

from mer_zoo.layers._planes import block_mean, gaussian_filter, gradient, sides
from mer_zoo.layers.constants import (
    REFERENCE_WIDTH,
    RIGID_ROUNDS,
    RIGID_TOLERANCE,
    face_weights,
    gaussian_kernel,
    places,
    rigid_cell,
    window_stride,
)


def response_without_head(backend, response, reference, reference_sigma, regularization):
    """Returns `(B, H, W)`: the response less what a moving head explains of it."""
    height, width = sides(response)
    stride = window_stride(height, width)
    both = block_mean(backend, backend.numpy.stack([response, reference], axis=1), stride)
    both = gaussian_filter(backend, both, gaussian_kernel(reference_sigma))
    head = _fit(backend, both[:, 0], both[:, 1], regularization) * float(stride)
    a, b, c, d, e, f = (head[:, i, None, None] for i in range(6))
    x, y, z = (backend.convert_to_tensor(plane) for plane in places(height, width))
    gx, gy = gradient(backend, reference)
    u, v = a + c * x - d * y + e * z, b + c * y + d * x + f * z
    return response + gx * u + gy * v


def _fit(backend, response, reference, regularization):
    """The motion (a, b, c, d, e, f) of each head in px of the grid, `(B, 6)`."""
    numpy = backend.numpy
    height, width = sides(response)
    side = rigid_cell(height, width)
    gx, gy = gradient(backend, reference)
    products = numpy.stack([gx * gx, gx * gy, gy * gy, gx * response, gy * response], axis=1)
    cells = block_mean(backend, products, side)
    cells = numpy.reshape(cells, (-1, 5, (height // side) * (width // side), 1))
    xx, xy, yy, xe, ye = (cells[:, i] for i in range(5))  # each (B, cells, 1)

    x, y, z = (_cell_means(plane, side) for plane in places(height, width))
    one, zero = np.ones_like(x), np.zeros_like(x)
    # How each of the six numbers moves a cell, and what that does to its equations.
    right, down = (
        backend.convert_to_tensor(np.stack(columns, axis=-1))
        for columns in ([one, zero, x, -y, z, zero], [zero, one, y, x, zero, z])
    )
    along_x, along_y = xx * right + xy * down, xy * right + yy * down
    normal = right[:, :, None] * along_x[:, :, None] + down[:, :, None] * along_y[:, :, None]
    target = -(right * xe + down * ye)
    equations = numpy.concatenate([normal, target[..., None]], axis=-1)  # (B, cells, 6, 7)
    ridge = backend.convert_to_tensor(regularization * np.eye(6, 7, dtype="float32"))

    xx, yy = xx + regularization, yy + regularization
    determinant = xx * yy - xy * xy
    tolerance = RIGID_TOLERANCE * width / REFERENCE_WIDTH
    face = backend.convert_to_tensor(face_weights(x, y)[:, None])
    weights = face
    for _ in range(RIGID_ROUNDS - 1):
        head = _solve(backend, numpy.sum(weights[..., None] * equations, axis=1) + ridge)
        rest_x, rest_y = (
            e + numpy.sum(head[:, None] * along, axis=-1, keepdims=True)
            for e, along in ((xe, along_x), (ye, along_y))
        )
        u, v = (yy * rest_x - xy * rest_y) / determinant, (xx * rest_y - xy * rest_x) / determinant
        weights = face / (1.0 + (u * u + v * v) / tolerance**2)
    return _solve(backend, numpy.sum(weights[..., None] * equations, axis=1) + ridge)


def _solve(backend, equations):
    """Solves positive definite systems `(B, n, n + 1)`, the right side last; such need no pivoting."""
    count = int(equations.shape[1])
    for i in range(count):
        pivot = equations[:, i : i + 1] / equations[:, i : i + 1, i : i + 1]
        chosen = backend.convert_to_tensor(np.eye(count, dtype="float32")[i][:, None])
        others = equations - equations[:, :, i : i + 1] * pivot
        equations = others * (1.0 - chosen) + pivot * chosen
    return equations[:, :, -1]


def _cell_means(plane: np.ndarray, side: int) -> np.ndarray:
    height, width = plane.shape
    return plane.reshape(height // side, side, width // side, side).mean(axis=(1, 3)).ravel()
