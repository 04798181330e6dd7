"""The exploration as one HTML page without scripts or requests, and its effects as CSV."""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from featser.atomic import atomic_write
from featser.explore import drawing
from featser.explore.balance import UNKNOWN, named
from featser.explore.exploring import PLURALS, Exploration
from featser.explore.projection import N_NEIGHBOURS
from featser.reporting import heat

PAGE, EFFECTS = "index.html", "effects.csv"


class Shade(NamedTuple):
    """A number in a heat table: its text and the CSS class of its cell."""

    text: str
    kind: str


def page(found: Exploration) -> str:
    """Write an exploration as an HTML page.

    Parameters
    ----------
    found : Exploration

    Returns
    -------
    str
        a whole document
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(files("featser.explore").joinpath("page.html.jinja").read_text(encoding="utf-8"))
    style = files("featser.reporting").joinpath("page.css").read_text(encoding="utf-8")
    return template.render(
        found=found,
        manifest=found.table.manifest,
        plural=PLURALS,
        sexes=_sexes(found),
        n_neighbours=N_NEIGHBOURS,
        n_colours=drawing.N_COLOURS,
        underscore=Markup("_<wbr>"),
        signed=signed,
        similar=similar,
        share=share,
        p_value=p_value,
        boxes=drawing.boxes,
        maps=maps(found),
        style=Markup(style) + heat.style() + drawing.palette(),  # noqa: S704  our own file
    )


def write_exploration(found: Exploration, folder: str | Path) -> tuple[Path, Path]:
    """Write the page and the table of all effects; files are replaced as a whole.

    Parameters
    ----------
    found : Exploration
    folder : str or Path
        is made

    Returns
    -------
    page, effects : Path
        ``index.html`` and ``effects.csv`` in the folder
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {PAGE: page(found), EFFECTS: found.effects.to_csv(index=False, float_format="%.6g", lineterminator="\n")}
    for name, text in texts.items():
        with atomic_write(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    return folder / PAGE, folder / EFFECTS


def maps(found: Exploration) -> list[tuple[str, str, list[tuple[str, Markup]]]]:
    """Draw the utterances by principal components and by UMAP, in the colours of each column of the manifest.

    Returns
    -------
    list of (title, sentence, pictures)
        each picture with its caption
    """
    projection, drawn = found.projection, found.projection.drawn
    shares = projection.explained
    sentence = f"The first two of the components explain {sum(shares[:2]):.0%} of the variance."
    kinds = [("Principal components", sentence, projection.components[drawn][:, :2])]
    if projection.umap is not None:
        near = "UMAP keeps near utterances near. Distances between groups, and axes, have no meaning."
        kinds.append(("UMAP", near, projection.umap))
    colours = found.colours or {found.by: (np.full(len(found.table), -1), [])}
    return [
        (
            title,
            words,
            [(name, _map(title, name, places, codes[drawn], names)) for name, (codes, names) in colours.items()],
        )
        for title, words, places in kinds
        if places.shape[1] == 2
    ]


def _sexes(found: Exploration) -> dict[str, str]:
    """Sex of each speaker of whom it is known."""
    pairs = zip(*(named(found.table.manifest, name) for name in ("speaker", "sex")), strict=True)
    return {speaker: sex for speaker, sex in pairs if UNKNOWN not in (speaker, sex)}


def _map(title: str, name: str, places: np.ndarray, codes: np.ndarray, names: list[str]) -> Markup:
    counted = f"{len(names)} {PLURALS[name]}" if len(names) > drawing.N_COLOURS else ", ".join(names)
    return drawing.scatter(places, codes, names, f"{title} of {len(places)} utterances, coloured by {name}: {counted}")


def signed(value: float) -> Shade:
    """Shade an effect from -1 to 1: positive in the first hue, negative in the second."""
    if not np.isfinite(value):
        return Shade("", heat.shade(0.0, True))
    return Shade(f"{value:+.2f}", heat.shade(value, True) if value >= 0 else heat.shade(-value / 2, False))


def similar(value: float) -> Shade:
    """Shade a similarity from 0 to 1."""
    return Shade(f"{value:.2f}", heat.shade(min(max(float(value), 0.0), 1.0), True))


def share(value: float) -> str:
    """Write a share in per cent; nothing where it is not known."""
    return f"{value:.0%}" if np.isfinite(value) else ""


def p_value(value: float) -> str:
    """Write a p-value with three decimals; nothing where it is not known."""
    return f"{value:.3f}" if np.isfinite(value) else ""
