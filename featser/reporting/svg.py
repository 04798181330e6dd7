"""Inline SVG from small pieces, with titles; all texts are escaped."""

from collections.abc import Iterable

from markupsafe import Markup


def mark(pattern: str, *values: float | str) -> Markup:
    """Fill a constant pattern with values: numbers with one decimal, texts escaped."""
    written = [each if isinstance(each, str) else f"{round(each, 1):g}" for each in values]
    return Markup(pattern).format(*written)  # noqa: S704  patterns are constants of the callers


def label(x: float, y: float, words: str, kind: str, title: str = "") -> Markup:
    """Text at a point; a ``title`` other than the text becomes its tooltip."""
    if title and title != words:
        return mark('<text class="{}" x="{}" y="{}">{}<title>{}</title></text>', kind, x, y, words, title)
    return mark('<text class="{}" x="{}" y="{}">{}</text>', kind, x, y, words)


def upright(kind: str, x: float, top: float, bottom: float) -> Markup:
    """Vertical line."""
    return mark('<line class="{0}" x1="{1}" x2="{1}" y1="{2}" y2="{3}"/>', kind, x, top, bottom)


def level(kind: str, y: float, left: float, right: float) -> Markup:
    """Horizontal line."""
    return mark('<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>', kind, left, right, y)


def path(kind: str, points: Iterable[tuple[float, float]]) -> Markup:
    """Line through points."""
    written = " ".join(f"{round(x, 1):g},{round(y, 1):g}" for x, y in points)
    return mark('<polyline class="{}" points="{}"/>', kind, written)


def picture(width: float, height: float, title: str, marks: Iterable[Markup], *, hidden: bool = False) -> Markup:
    """Whole picture with its title, which screen readers read aloud unless it is ``hidden``."""
    frame = '<svg {4} width="{0}" height="{1}" viewBox="0 0 {0} {1}"><title>{2}</title>{3}</svg>'
    role = Markup('aria-hidden="true"') if hidden else Markup('role="img"')
    return mark(frame, width, height, title, Markup("").join(marks), role)


def shortened(name: str, length: int) -> str:
    """Shorten a name to ``length`` characters, with an ellipsis."""
    return name if len(name) <= length else f"{name[: length - 1]}…"
