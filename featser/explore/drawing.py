"""Box plots and maps of utterances as inline SVG, in the colours of the page's style sheet."""

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from featser.explore.effects import Codes, Matrix
from featser.reporting.svg import label, level, mark, picture, shortened, upright

N_COLOURS = 14
_WIDTH, _ROW, _NAME, _RIGHT = 330, 19, 92, 14
_SIDE, _EDGE = 330, 10
_LETTER = 6.2
"""Approximate width of a letter, in pixels."""

_LIGHT = "1c6fb0 b8500a 2a8038 b3262c 7b52ab 8a5a44 c2478f 5f6b73 6f6c00 0a7f88 3d3d9e 946a05 44682f 000000"
_DARK = "6bb3ee ff9a52 6fd083 ff8080 c3a1f0 cfa18c f29bd0 b5c0c8 d3d04f 4fd3de a3a3ff e8c15c a9cf8f ffffff"


def palette() -> Markup:
    """CSS rules of the colours ``c0`` to ``c13`` for both schemes."""
    light, dark = (
        "".join(f".c{number}{{stroke:#{colour};--key:#{colour}}}" for number, colour in enumerate(colours.split()))
        for colours in (_LIGHT, _DARK)
    )
    return Markup(f"{light}\n@media screen and (prefers-color-scheme: dark) {{{dark}}}")  # noqa: S704  constants


def boxes(groups: Mapping[str, Sequence[float]], title: str) -> Markup:
    """One row per group: 5th to 95th percentile as a line, quartiles as a box, the median as a bar."""
    ticks = _ticks([value for box in groups.values() for value in box])
    bottom = _ROW * len(groups) + 2

    def x(value: float) -> float:
        return _NAME + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (_WIDTH - _NAME - _RIGHT)

    marks = [upright("grid", x(at), 0, bottom) for at in ticks]
    for number, (name, (low, first, median, third, high)) in enumerate(groups.items()):
        middle = number * _ROW + 11.0
        words = (
            f"{name}: median {median:.4g}, half between {first:.4g} and {third:.4g}, 5% to 95%: {low:.4g} to {high:.4g}"
        )
        row = [level("whisker", middle, x(low), x(high))]
        size = (x(first), middle - 5, max(x(third) - x(first), 1.0))
        row.append(mark('<rect class="range" x="{}" y="{}" width="{}" height="10" rx="2"/>', *size))
        row.append(upright("pooled", x(median), middle - 7, middle + 7))
        row.append(label(_NAME - 8, middle + 4, shortened(name, 13), "end"))
        marks.append(mark("<g>{}<title>{}</title></g>", Markup("").join(row), words))
    written = [f"{at:.4g}" for at in ticks]
    fits = max(map(len, written)) * _LETTER < (_WIDTH - _NAME - _RIGHT) / (len(ticks) - 1) - 4
    for at, word in zip(ticks, written, strict=True):
        if fits or at in (ticks[0], ticks[-1]):
            marks.append(label(x(at), bottom + 13, word, "tick middle"))
    medians = ", ".join(f"{name} {box[2]:.3g}" for name, box in groups.items())
    return picture(_WIDTH, bottom + 18, f"{title}. Medians: {medians}", marks)


def scatter(places: Matrix, codes: Codes, names: Sequence[str], title: str) -> Markup:
    """Utterances as dots in the colour of their group, with the name of each group at its median."""
    low, high = np.nanpercentile(places, (0.5, 99.5), axis=0)
    scaled = np.clip((places - low) / np.maximum(high - low, 1e-9), 0, 1) * (_SIDE - 2 * _EDGE) + _EDGE
    spots = np.column_stack([scaled[:, 0], _SIDE - scaled[:, 1]]).round(1)
    marks = [mark('<path class="dots {}" d="{}"/>', "unknown", _dots(spots[codes < 0]))] if (codes < 0).any() else []
    for number, name in enumerate(names):
        of_group = spots[codes == number]
        words = f"{name}: {len(of_group)} utterances"
        marks.append(
            mark('<path class="dots c{}" d="{}"><title>{}</title></path>', *_dot_group(number, of_group, words))
        )
    if len(names) <= N_COLOURS:
        marks += _names(spots, codes, names)
    return picture(_SIDE, _SIDE, title, marks)


def _dot_group(number: int, spots: Matrix, words: str) -> tuple[str, str, str]:
    return str(number % N_COLOURS), _dots(spots), words


def _dots(spots: Matrix) -> str:
    """Path of lines without length, which round ends make dots."""
    return "".join(f"M{x:g} {y:g}h0" for x, y in spots.tolist())


def _names(spots: Matrix, codes: Codes, names: Sequence[str]) -> list[Markup]:
    """Names at the medians of their groups, moved down where they would overlap."""
    taken: list[tuple[float, float]] = []
    marks = []
    centres = [np.median(spots[codes == number], axis=0) for number in range(len(names))]
    for number in sorted(range(len(names)), key=lambda each: centres[each][1]):
        if not np.isfinite(centres[number]).all():
            continue
        words = shortened(names[number], 16)
        half = len(words) * 3.9
        x = float(np.clip(centres[number][0], half + 2, _SIDE - half - 2))
        y = float(centres[number][1])
        while any(abs(x - other) < half + 40 and abs(y - line) < 13 for other, line in taken):
            y += 4
        taken.append((x, y))
        marks.append(label(x, min(y, _SIDE - 4), words, "place middle"))
    return marks


def _ticks(values: Sequence[float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    return [float(each) for each in MaxNLocator(4).tick_values(low, high)]
