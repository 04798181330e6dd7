"""Colours of confusion tables: one hue for correct, one for wrong, with readable text in both schemes."""

from markupsafe import Markup

STEPS = 10
"""Number of the darkest shade; 0 is the background of the page."""

_FULL_ERROR = 0.5
"""Share of a row from which an error has the darkest shade; most errors are small and would be invisible else."""

_SCHEMES = {
    "light": {"page": "#ffffff", "right": "#1c5d8c", "wrong": "#b4480f"},
    "dark": {"page": "#181b1f", "right": "#6db3e2", "wrong": "#ef9a62"},
}


def shade(share: float, right: bool) -> str:
    """CSS class of a cell by its share of the row."""
    step = round(STEPS * (share if right else min(share / _FULL_ERROR, 1.0)))
    return f"{'r' if right else 'w'}{step}"


def style() -> Markup:
    """CSS rules of all shades, for both schemes."""
    light, dark = (_rules(scheme) for scheme in ("light", "dark"))
    return Markup(f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}")  # noqa: S704  constants


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21.

    References
    ----------
    Web Content Accessibility Guidelines 2.1, W3C 2018, "contrast ratio".

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted([_luminance(one), _luminance(other)])
    return (high + 0.05) / (low + 0.05)


def _rules(scheme: str) -> str:
    colours = _SCHEMES[scheme]
    rules = []
    for letter, hue in (("r", colours["right"]), ("w", colours["wrong"])):
        for step in range(STEPS + 1):
            paint = _mixed(colours["page"], hue, step / STEPS)
            ink = "#000000" if contrast("#000000", paint) > contrast("#ffffff", paint) else "#ffffff"
            rules.append(f".{letter}{step}{{background:{paint};color:{ink}}}")
            rules.append(f"rect.{letter}{step}{{fill:{paint}}}text.{letter}{step}{{fill:{ink}}}")
    return "\n".join(rules)


def _mixed(page: str, hue: str, share: float) -> str:
    parts = zip(_channels(page), _channels(hue), strict=True)
    return "#" + "".join(f"{round(255 * (low + share * (high - low))):02x}" for low, high in parts)


def _luminance(colour: str) -> float:
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
