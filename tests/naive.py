"""The kernels once more, as obvious as they can be: what the fast ones are compared with.

Each function takes what its twin in a room's ``_kernels`` takes, and returns what that
writes. They are slow and work in double precision.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

LUMA = (0.299, 0.587, 0.114)


def whiten(image: NDArray[np.float32], block: int, floor: float, exponent: float) -> Array:
    """Whiten an image block by block, with numpy's FFT of the whole block."""
    hop = block // 2
    height, width = image.shape
    bottom, right = -height % hop + hop, -width % hop + hop
    padded = np.pad(image.astype(np.float64), ((hop, bottom), (hop, right)), mode="symmetric")
    line = np.sin(np.pi * (np.arange(block) + 0.5) / block)
    window = np.outer(line, line)
    out = np.zeros_like(padded)
    for top in range(0, padded.shape[0] - hop, hop):
        for left in range(0, padded.shape[1] - hop, hop):
            place = slice(top, top + block), slice(left, left + block)
            spectrum = np.fft.fft2((padded[place] - padded[place].mean()) * window)
            power = np.abs(spectrum) ** 2
            smooth = np.zeros_like(power)
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    smooth += np.roll(power, (dy, dx), axis=(0, 1)) / 9
            spectrum *= (smooth + floor) ** exponent
            out[place] += np.fft.ifft2(spectrum).real * window
    return out[hop : hop + height, hop : hop + width]


def reduce_area(image: NDArray[np.uint8], rows: int, columns: int) -> Array:
    """Average the luminance over the area of each output pixel: one matrix for each direction."""
    grey = image[..., :3] @ np.array(LUMA) if image.shape[2] >= 3 else image[..., 0].astype(float)
    out: Array = _overlaps(image.shape[0], rows) @ grey @ _overlaps(image.shape[1], columns).T
    return out


def _overlaps(length: int, count: int) -> Array:
    """Share of each of `length` pixels in each of `count` equal spans, float64 (count, length)."""
    out = np.zeros((count, length))
    for span in range(count):
        for pixel in range(length):
            left = max(span * length / count, pixel)
            right = min((span + 1) * length / count, pixel + 1)
            out[span, pixel] = max(0.0, right - left) * count / length
    return out


def box_mean(values: NDArray[np.float32], radius: int) -> Array:
    """Mean of the square around each place, as far as it lies inside."""
    mean = np.empty(values.shape)
    for y, x in np.ndindex(values.shape):
        box = values[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
        mean[y, x] = np.mean(box, dtype=np.float64)
    return mean


def root_detail(luminance: NDArray[np.float32], radius: int) -> Array:
    """Square root of the absolute difference from the mean of the square around."""
    return np.asarray(np.sqrt(np.abs(luminance.astype(np.float64) - box_mean(luminance, radius))))


def amplitudes(
    root: NDArray[np.float32], *, exponent: float, amplitude: float, knee: float
) -> Array:
    """Amplitude of the mask: a floor, and a power of the detail where that is more."""
    detail = root.astype(np.float64) ** 2
    return np.asarray(amplitude * (1 + (detail / knee) ** 2) ** (exponent / 2))


def level(pattern: NDArray[np.float32], radius: int, *, least: float) -> Array:
    """Factor that makes a periodic pattern equally strong everywhere."""
    height, width = pattern.shape
    out = np.empty(pattern.shape)
    reach = np.arange(-radius, radius + 1)
    for y, x in np.ndindex(pattern.shape):
        box = pattern[np.ix_((y + reach) % height, (x + reach) % width)].astype(np.float64)
        out[y, x] = 1 / np.sqrt(np.mean(box**2) + least)
    return out


def pack_real(spectrum: NDArray[np.complex64], size: int) -> Complex:
    """Spectra of complex lines that hold the real ones' values in turn, from the lines."""
    half = np.zeros((len(spectrum), size // 2 + 1), np.complex128)
    half[:, : spectrum.shape[1]] = spectrum
    lines = np.fft.irfft(half, size, norm="forward")
    return np.asarray(np.fft.fft(lines[:, ::2] + 1j * lines[:, 1::2], norm="forward"))


def add_pattern(
    image: NDArray[np.uint8],
    mask: NDArray[np.float32],
    amplitude: float,
    pattern: NDArray[np.float32],
    *,
    least_shade: float,
    shade_per_level: float,
) -> Array:
    """Add the masked pattern to what is shown; the result is neither rounded nor clipped."""
    out = image.astype(np.float64)
    period = pattern.shape[0]
    rows, columns = -(-image.shape[0] // 2), -(-image.shape[1] // 2)
    for y, x in np.ndindex(image.shape[:2]):
        if image.shape[2] == 4 and image[y, x, 3] == 0:
            continue
        place = y // 2 * mask.shape[0] // rows, x // 2 * mask.shape[1] // columns
        change = amplitude * float(mask[place]) * float(pattern[y % period, x % period])
        for channel in range(min(image.shape[2], 3)):
            level = float(image[y, x, channel])
            out[y, x, channel] += change * min(1.0, least_shade + shade_per_level * level)
    return out


def full_spectrum(half: NDArray[np.float32]) -> Array:
    """Continue a half spectrum's power by its symmetry P(-u, -v) = P(u, v), to all u."""
    size = half.shape[0]
    out = np.empty((size, size))
    for v, u in np.ndindex(out.shape):
        out[v, u] = half[v, u] if u < half.shape[1] else half[-v % size, size - u]
    return out


def normalised_power(spectrum: NDArray[np.complex64], cell: int, cap: float) -> Array:
    """Divide the power by its mean over square cells; cap the result."""
    power = np.abs(spectrum.astype(np.complex128)) ** 2
    out = np.empty_like(power)
    for top in range(0, power.shape[0], cell):
        for left in range(0, power.shape[1], cell):
            part = power[top : top + cell, left : left + cell]
            out[top : top + cell, left : left + cell] = part / (part.mean() + 1e-30)
    return np.asarray(np.minimum(out, cap))


def smoothed(power: NDArray[np.float32]) -> Array:
    """Average over 3 x 3 bins; rows go on around the edge, columns with their mirror image."""
    rows, columns = power.shape
    out = np.empty(power.shape)
    for y, x in np.ndindex(power.shape):
        total = 0.0
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                beside = x + dx
                if beside in (-1, columns):
                    beside = x - dx
                total += float(power[(y + dy) % rows, beside])
        out[y, x] = total / 9
    return out


def log_polar_places(
    size: int, first_radius: float, log_step: float, rows: int, angles: int, span: float
) -> tuple[Array, Array]:
    """Return u and v, in bins, of a log-polar grid's points, float64 (rows, angles) each."""
    radius = first_radius * np.exp(log_step * np.arange(rows))[:, None]
    angle = span * np.arange(angles)[None, :] / angles
    return radius * np.cos(angle), radius * np.sin(angle)


def standardised(rows: Array) -> Array:
    """Bring each row to mean 0 and deviation 16, within -127..127."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.maximum(np.mean(centred**2, axis=1, keepdims=True), 1e-6))
    return np.asarray(np.clip(16 * centred / deviation, -127, 127))


def shifted_sums(
    polar: NDArray[np.int8],
    row_of_line: NDArray[np.int64],
    column_of_line: NDArray[np.int64],
    first_scale: int,
    min_lines: int,
    shape: tuple[int, int],
) -> Array:
    """Sum a log-polar map (its columns stand twice) at a constellation's lines, for each shift."""
    out = np.full(shape, -1e9)
    columns = polar.shape[1] // 2
    for scale, angle in np.ndindex(shape):
        values = [
            int(polar[row + scale + first_scale, (column + angle) % columns])
            for row, column in zip(row_of_line, column_of_line, strict=True)
            if 0 <= row + scale + first_scale < polar.shape[0]
        ]
        if len(values) >= min_lines:
            out[scale, angle] = sum(values) / (16 * math.sqrt(len(values)))
    return out


def cell_peaks(sums: NDArray[np.float32], cell: int) -> tuple[Array, NDArray[np.int64]]:
    """Return the largest value of each whole cell x cell square, and its flat index."""
    shape = sums.shape[0] // cell, sums.shape[1] // cell
    tops, places = np.empty(shape), np.empty(shape, np.int64)
    for row, column in np.ndindex(shape):
        part = sums[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
        y, x = np.unravel_index(part.argmax(), part.shape)
        tops[row, column] = part[y, x]
        places[row, column] = (row * cell + y) * sums.shape[1] + column * cell + x
    return tops, places


def interpolated(power: NDArray[np.float32], u: float, v: float) -> float | None:
    """Interpolate a half spectrum's power at a frequency in bins; None beyond its edge."""
    size, columns = power.shape
    if u < 0:
        u, v = -u, -v
    i, j = math.floor(u), math.floor(v)
    if i >= columns - 1 or j < -(size // 2) or j >= size // 2 - 1:
        return None
    total = 0.0
    for dj in (0, 1):
        for di in (0, 1):
            weight = (1 - abs(u - i - di)) * (1 - abs(v - j - dj))
            total += weight * float(power[(j + dj) % size, i + di])
    return total


def mean_power(power: NDArray[np.float32], lines: Array, matrix: Array) -> float:
    """Sum power - 1 at each line's place, over the root of the number of lines inside."""
    values = [interpolated(power, *(matrix @ line)) for line in lines]
    inside = [value for value in values if value is not None]
    return sum(value - 1 for value in inside) / math.sqrt(len(inside)) if len(inside) >= 8 else -1e9


def nearest_power(power: NDArray[np.float32], lines: Array, matrix: Array) -> Array:
    """Read the whole spectrum's power at each line's nearest bin; 0 beyond the Nyquist rows."""
    size = power.shape[0]
    full = full_spectrum(power)
    out = np.zeros(len(lines))
    for index, line in enumerate(lines):
        x, y = (round(float(value)) for value in matrix @ line)
        if abs(x) <= size // 2 and abs(y) < size // 2:
            out[index] = full[y % size, x % size]
    return out


def coherent_sum(values: NDArray[np.complex64], lines: NDArray[np.int64], place: Array) -> float:
    """Sum the lines of a hypothesis at one translation."""
    return float(np.sum(values * np.exp(2j * np.pi * (lines @ place))).real)


def best_translation(
    values: NDArray[np.complex64], lines: NDArray[np.int64], grid: int
) -> tuple[float, float, Array]:
    """Return the largest and the smallest sum of the lines over a raster, and all sums."""
    sums = np.empty((grid, grid))
    for ty, tx in np.ndindex(sums.shape):
        phase = 2 * np.pi * (lines[:, 0] * tx + lines[:, 1] * ty) / grid
        sums[ty, tx] = np.sum(values * np.exp(1j * phase)).real
    return float(sums.max()), float(sums.min()), sums


def read_lines(
    spectrum: NDArray[np.complex64], lines: NDArray[np.int64], rings: NDArray[np.int64], n: int
) -> tuple[NDArray[np.complex64], Array]:
    """Return the values at the lines' bins, and the sum of their squares in each of n rings."""
    values = np.array([spectrum[v % len(spectrum), u] for u, v in lines])
    return values, np.array([np.sum(np.abs(values[rings == ring]) ** 2) for ring in range(n)])


def despread(
    values: NDArray[np.complex64],
    turns: NDArray[np.uint8],
    coded_bit: NDArray[np.int32],
    signs: NDArray[np.int8],
    n_bits: int,
) -> Array:
    """Turn the lines by quarters; sum each coded bit's signed real and imaginary parts."""
    turned = values * np.array([1, 1j, -1, -1j])[turns]
    signed = np.concatenate([turned.real, turned.imag]) * signs
    return np.array([signed[coded_bit == bit].sum() for bit in range(n_bits)])


def bilinear(source: NDArray[np.float32], matrix: Array, shape: tuple[int, int]) -> Array:
    """Sample an image at ``matrix @ (column, row, 1)``; zero outside of it."""
    out = np.zeros(shape)
    height, width = source.shape
    for row, column in np.ndindex(shape):
        x, y, z = matrix @ np.array([column, row, 1.0])
        x, y = x / z, y / z
        if 0 <= x < width - 1 and 0 <= y < height - 1:
            i, j = math.floor(x), math.floor(y)
            for dj in (0, 1):
                for di in (0, 1):
                    weight = (1 - abs(x - i - di)) * (1 - abs(y - j - dj))
                    out[row, column] += weight * float(source[j + dj, i + di])
    return out


def tile_pilots(tile: Array, lines: NDArray[np.int64]) -> Complex:
    """Return a tile's discrete Fourier transform at lines (u, v), in cycles per tile."""
    y, x = np.mgrid[: tile.shape[0], : tile.shape[1]]
    waves = [np.exp(-2j * np.pi * (u * x + v * y) / tile.shape[0]) for u, v in lines]
    return np.array([np.sum(tile * wave) for wave in waves])


def smooth_sum(values: Complex, places: Array, lines: NDArray[np.int64], p: Array) -> float:
    """Sum all tiles' lines, each divided by its level, after undoing a smooth displacement."""
    values = values / np.sqrt(np.mean(np.abs(values) ** 2, axis=0))
    p = np.concatenate([p, np.zeros(8 - len(p))])
    total = 0.0
    for (x, y), tile in zip(places, values, strict=True):
        across = p[0] + p[2] * x + p[4] * y + p[6] * x * x + p[7] * x * y
        down = p[1] + p[3] * x + p[5] * y + p[6] * x * y + p[7] * y * y
        phase = 2 * np.pi * (lines[:, 0] * across + lines[:, 1] * down)
        total += float(np.sum(tile * np.exp(-1j * phase)).real)
    return total / math.sqrt(np.sum(np.abs(values) ** 2) / 2)


def scores_of_size(
    spectrum: NDArray[np.complex64],
    power: NDArray[np.float32],
    expected: NDArray[np.complex64],
    *,
    lines: NDArray[np.int64],
    signs: Array,
    centre: Array,
    corner: float,
    period: Array,
) -> tuple[float, float]:
    """Sum one hypothesis' lines for one size of an uncropped picture, upright and with signs."""
    size = len(spectrum)
    values, weights = [], []
    for u, v in lines:
        x, y = u * size / period[0], v * size / period[1]
        i, j = round(x), round(y)
        if i >= spectrum.shape[1] or abs(j) >= size // 2:
            values.append(0.0)
            weights.append(0.0)
            continue
        # seen from the centre neighbouring bins are alike; seen from the corner tiles begin
        from_centre = np.exp(2j * np.pi * (i * centre[0] + j * centre[1]) / size)
        place = (centre + 0.5) / period + corner  # the centre's, in tiles
        to_origin = np.exp(-2j * np.pi * (u * place[0] + v * place[1]))
        value = spectrum[j % size, i] * from_centre * to_origin
        values.append(value / abs(value))
        weights.append(math.sqrt(power[j % size, i]))
    parts = (expected * np.conj(values)).real * weights
    deviation = math.sqrt(sum(weight**2 for weight in weights) / 2)
    return float(parts.sum() / deviation), float((signs * parts).sum() / deviation)


def viterbi_forward(
    branch: Array, outputs: NDArray[np.uint8], metric: Array
) -> tuple[Array, Array]:
    """Run a trellis from every state to every state.

    Returns
    -------
    metric : float64 (n_states,)
        Best score of each final state, with its maximum at 0.
    paths : int64 (n_states, steps)
        Input bits of the path that survives into each state.
    """
    n_states = metric.size
    paths: list[list[int]] = [[] for _ in range(n_states)]
    scores = [float(value) for value in metric]
    for step in branch:
        best = [-math.inf] * n_states
        chosen: list[list[int]] = [[] for _ in range(n_states)]
        for state in range(n_states):
            for bit in (0, 1):
                target = (2 * state + bit) % n_states
                score = scores[state] + float(step[outputs[2 * state + bit]])
                if score > best[target]:
                    best[target] = score
                    chosen[target] = [*paths[state], bit]
        scores, paths = best, chosen
    final = np.array(scores)
    return final - final.max(), np.array(paths)


def convolutional_code(
    message: list[int], generators: tuple[int, ...], constraint: int
) -> list[int]:
    """Encode bits with a tail-biting convolutional code: a window slides around the message."""
    coded = []
    for end in range(len(message)):
        window = [message[(end - back) % len(message)] for back in range(constraint)]
        for generator in generators:
            taps = [(generator >> back) & 1 for back in range(constraint)]
            coded.append(sum(tap & bit for tap, bit in zip(taps, window, strict=True)) % 2)
    return coded


def crc12(bits: list[int]) -> list[int]:
    """CRC-12/CDMA2000 by long division: polynomial 0xF13, first remainder 0xFFF."""
    polynomial = [1] + [(0xF13 >> shift) & 1 for shift in range(11, -1, -1)]
    work = [bit ^ 1 for bit in bits[:12]] + bits[12:] + [0] * 12
    for start in range(len(bits)):
        if work[start]:
            for offset, coefficient in enumerate(polynomial):
                work[start + offset] ^= coefficient
    return work[-12:]


def resample_mesh(
    source: NDArray[np.float32], corners: NDArray[np.float64], side: int
) -> NDArray[np.float32]:
    """Sample a picture between the corners of each cell, one pixel at a time."""
    rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
    out = np.zeros((rows * columns, side * side), np.float32)
    for cell, (row, column) in enumerate(np.ndindex(rows, columns)):
        for index, (j, i) in enumerate(np.ndindex(side, side)):
            down, across = j / side, i / side
            upper = (1 - across) * corners[row, column] + across * corners[row, column + 1]
            lower = (1 - across) * corners[row + 1, column] + across * corners[row + 1, column + 1]
            x, y = (1 - down) * upper + down * lower
            shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
            out[cell, index] = bilinear(source, shift, (1, 1))[0, 0]
    return out


def propagate(beliefs: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Let each cell know what the others say: rows first, then columns; each cell adds up to 1."""
    side = beliefs.shape[2]
    differing = np.abs(np.arange(side)[:, None] - np.arange(side))
    blur = np.pad(weights, (0, side))[differing]
    blur = blur / blur.sum(axis=1, keepdims=True)

    def along(lines: NDArray[np.float64]) -> NDArray[np.float64]:
        result = lines.copy()
        for line, heard in zip(lines, result, strict=True):
            for order in (range(len(line)), range(len(line) - 1, -1, -1)):
                message = np.ones((side, side))
                for place in order:
                    heard[place] *= message
                    message = blur @ (line[place] * message) @ blur.T
                    message = message / message.mean() + 1e-6
        return result

    rows = along(beliefs.astype(np.float64))
    both = along(rows.swapaxes(0, 1)).swapaxes(0, 1)
    return np.asarray(both / both.sum(axis=(2, 3), keepdims=True))


def smooth_step(
    rest: NDArray[np.float64],
    gradient: NDArray[np.float64],
    curvature: NDArray[np.float64],
    precision: float,
) -> NDArray[np.float64]:
    """Solve for the likeliest step of a mesh's corners with matrices in full."""
    rows, columns = rest.shape

    def combination(*terms: tuple[int, int, float]) -> NDArray[np.float64]:
        line = np.zeros(rest.shape)
        for y, x, factor in terms:
            line[y, x] = factor
        return line.ravel()

    bends = [
        combination((y, x, 1), (y, x + 1, -2), (y, x + 2, 1))
        for y, x in np.ndindex(rows, columns - 2)
    ]
    bends += [
        combination((y, x, 1), (y + 1, x, -2), (y + 2, x, 1))
        for y, x in np.ndindex(rows - 2, columns)
    ]
    twist = math.sqrt(2)
    cells = list(np.ndindex(rows - 1, columns - 1))
    bends += [
        combination((y, x, twist), (y, x + 1, -twist), (y + 1, x, -twist), (y + 1, x + 1, twist))
        for y, x in cells
    ]
    means = np.array(
        [
            combination((y, x, 0.25), (y, x + 1, 0.25), (y + 1, x, 0.25), (y + 1, x + 1, 0.25))
            for y, x in cells
        ]
    )
    bending = np.array(bends).T @ np.array(bends) * precision
    matrix = bending + means.T @ (curvature.ravel()[:, None] * means)
    right = means.T @ gradient.ravel() - bending @ rest.ravel()
    return np.asarray(np.linalg.solve(matrix, right).reshape(rest.shape), dtype=np.float64)


def shade(
    image: NDArray[np.uint8], mask: Array, weights: Array, least: float, slope: float
) -> Array:
    """What ``masking.shade`` writes."""
    shares = np.minimum(least + slope * image.astype(np.float64), 1.0)
    return np.asarray(mask * (shares @ weights))


def clipped_shares(image: NDArray[np.uint8], side: int, black: int, white: int) -> Array:
    """Average over cells where a colour is clipped, with numpy's masks."""
    colours = image[..., :3]
    clipped = np.any((colours <= black) | (colours >= white), axis=2).astype(np.float64)
    rows, columns = image.shape[0] // side, image.shape[1] // side
    whole = clipped[: rows * side, : columns * side]
    return np.asarray(whole.reshape(rows, side, columns, side).mean(axis=(1, 3)))


def plain_shares(image: NDArray[np.uint8], shape: tuple[int, int], step: int) -> Array:
    """Count pixels of the green (or only) channel that equal their neighbours, cell by cell."""
    grey = image[..., min(1, image.shape[2] - 1)].astype(int)
    equal = np.abs(np.diff(grey, axis=1)) <= 1, np.abs(np.diff(grey, axis=0)) <= 1
    shares = []
    for direction in equal:
        sampled = direction[::step]
        ends = [
            np.linspace(0, n, m + 1).astype(int) for n, m in zip(sampled.shape, shape, strict=True)
        ]
        shares.append(
            [
                [sampled[top:bottom, left:right].mean() for left, right in pairwise(ends[1])]
                for top, bottom in pairwise(ends[0])
            ]
        )
    return np.asarray(np.minimum(*np.array(shares)))


def spectra(image: NDArray[np.float32], block: int) -> NDArray[np.complex128]:
    """Transform overlapping blocks one by one, without their means, complex (rows, columns)."""
    hop = block // 2
    padded = np.pad(image, [(hop, hop + -n % hop) for n in image.shape], mode="symmetric")
    line = np.sin(np.pi * (np.arange(block) + 0.5) / block)
    return np.array(
        [
            [
                np.fft.rfft2((part - part.mean()) * np.outer(line, line), norm="ortho")
                for left in range(0, padded.shape[1] - hop, hop)
                for part in [padded[top : top + block, left : left + block]]
            ]
            for top in range(0, padded.shape[0] - hop, hop)
        ]
    )


def gains(spectra: NDArray[np.complex64], floor: float, exponent: float) -> Array:
    """Smooth each periodogram over 3 x 3 bins of the whole spectrum, and take its power."""
    power = np.abs(spectra) ** 2
    size = power.shape[2]
    mirrored = np.roll(power[:, :, ::-1, 1:-1][..., ::-1], 1, axis=2)
    whole = np.concatenate([power, mirrored], axis=3)
    steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    total = np.sum([np.roll(whole, step, axis=(2, 3)) for step in steps], axis=0)
    return np.asarray((total[..., : size // 2 + 1] / 9 + floor) ** exponent)


def block_products(
    image: NDArray[np.float32],
    other: NDArray[np.float32],
    position: NDArray[np.float32],
    nodes: int,
    floor: float,
    exponent: float,
) -> list[Array]:
    """Whiten both pictures' blocks as the first asks for; multiply band by band, with full bands.

    Returns products, energies, energies shared with the next band, and the picture's own energies,
    whitened and plain.
    """
    seen, wanted = (spectra(one, 2 * (position.shape[1] - 1)) for one in (image, other))
    gain = gains(seen.astype(np.complex64), floor, exponent)
    bands = [np.maximum(0, 1 - np.abs(position - node)) for node in range(nodes)]
    parts = [gain * wanted * band for band in bands]

    def product(one: Complex, another: Complex) -> Array:
        return np.asarray(np.sum((one * np.conj(another)).real, axis=(2, 3)))

    return [
        np.stack([product(gain * seen, part) for part in parts], -1),
        np.stack([product(part, part) for part in parts], -1),
        np.stack([product(one, after) for one, after in pairwise(parts)], -1),
        product(gain * seen, gain * seen),
        product(seen, seen),
    ]


def periodic(period: NDArray[np.float32], matrix: Array, shape: tuple[int, int]) -> Array:
    """Sample a periodic image at ``matrix @ (column, row, 1)``."""
    out = np.zeros(shape)
    height, width = period.shape
    for row, column in np.ndindex(shape):
        x, y, z = matrix @ np.array([column, row, 1.0])
        x, y = x / z, y / z
        i, j = math.floor(x), math.floor(y)
        for dj in (0, 1):
            for di in (0, 1):
                weight = (1 - abs(x - i - di)) * (1 - abs(y - j - dj))
                out[row, column] += weight * float(period[(j + dj) % height, (i + di) % width])
    return out


def cell_products(seen: Array, wanted: Array, side: int) -> Array:
    """Sum products and squares over cells, (3, rows, columns)."""
    rows, columns = (length // side for length in seen.shape)
    parts = [seen * wanted, wanted**2, seen**2]
    whole = [part[: rows * side, : columns * side] for part in parts]
    return np.array([part.reshape(rows, side, columns, side).sum(axis=(1, 3)) for part in whole])


# --- the fingerprint ----------------------------------------------------------------------------


def pdq_reduced(image: NDArray[np.uint8]) -> Array:
    """Blur the luminance by two boxes in each direction, and keep the middles of 64 x 64 cells."""
    grey: Array = image[..., :3].astype(np.float64) @ np.array(LUMA)
    height, width = grey.shape
    for _ in range(2):
        grey = _box_rows(_box_rows(grey, (width + 127) // 128).T, (height + 127) // 128).T
    rows = [int((i + 0.5) * height / 64) for i in range(64)]
    columns = [int((j + 0.5) * width / 64) for j in range(64)]
    return grey[np.ix_(rows, columns)]


def _box_rows(values: Array, window: int) -> Array:
    """Average over a window along rows, as far as it lies inside; an even one leans right."""
    lead = (window + 2) // 2 - 1
    out = np.empty(values.shape)
    for x in range(values.shape[1]):
        first = max(x + lead - window + 1, 0)
        out[:, x] = values[:, first : x + lead + 1].mean(axis=1)
    return out


def pdq_matrix() -> Array:
    """Rows 1 to 16 of the cosine transform of 64 values."""
    row, column = np.mgrid[1:17, :64]
    return np.asarray(np.sqrt(2 / 64) * np.cos(np.pi / 128 * row * (2 * column + 1)))


def pdq_quality(reduced: NDArray[np.float32]) -> int:
    """Sum of the steps between neighbours in hundredths of white, rounded towards 0."""
    steps = [np.diff(reduced.astype(np.float64), axis=axis) * 100 / 255 for axis in (0, 1)]
    total = sum(float(np.abs(np.trunc(step)).sum()) for step in steps)
    return min(int(total // 90), 100)


def splat(
    image: NDArray[np.uint8], matrix: Array, step: int, rows: int, columns: int
) -> tuple[Array, Array]:
    """Share each pixel's luminance among the four nearest cells: totals and weights."""
    total, weight = np.zeros((rows, columns)), np.zeros((rows, columns))
    grey = image[..., :3] @ np.array(LUMA) if image.shape[2] >= 3 else image[..., 0].astype(float)
    for y in range(step // 2, image.shape[0], step):
        for x in range(step // 2, image.shape[1], step):
            u, v, w = matrix @ np.array([x, y, 1.0])
            for row, column in np.ndindex(rows, columns):
                if w > 0:
                    near = max(0.0, 1 - abs(v / w - row)) * max(0.0, 1 - abs(u / w - column))
                    weight[row, column] += near
                    total[row, column] += near * grey[y, x]
    return total, weight


def find_near(
    hashes: NDArray[np.uint64], queries: NDArray[np.uint64], most: int
) -> list[tuple[int, int, int]]:
    """Return which hashes are near, how near, and to which query."""
    found = []
    for row, one in enumerate(hashes):
        away = [sum(int(a ^ b).bit_count() for a, b in zip(one, query, strict=True))
                for query in queries]  # fmt: skip
        if min(away) <= most:
            found.append((row, min(away), away.index(min(away))))
    return found
