"""``featser predict --window``: timelines of recordings."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from featser.cli.terminal import PARTIAL, console, print_json, progress_bar, tell, tell_rejected

if TYPE_CHECKING:
    from featser.bundle import Model
    from featser.timeline import Timeline


def predict_timelines(
    model: "Model",
    path: Path,
    audio: Sequence[Path],
    layout: tuple[float, float],
    output: str,
    picture: Path | None,
    given: dict[str, Any],
) -> None:
    """Predict the emotions over recordings and write them to stdout; ``given`` are arguments of `timelines`."""
    from featser.errors import InputError
    from featser.timeline import timelines, to_csv, to_document, to_rttm, to_vtt

    _check_one(audio, output, picture)
    with progress_bar("predicting") as progress:
        found, rejected = timelines(model, audio, *layout, **given, progress=progress)
    tell_rejected(rejected)
    _tell(model, found)
    if output == "json":
        head = {"model": str(path), "normalise": model.normalise, "scores": model.scores}
        print_json(head | to_document(found) | {"rejected": [asdict(each) for each in rejected]})
    elif output == "table":
        _show(model, found)
    else:
        sys.stdout.write({"csv": to_csv, "vtt": to_vtt, "rttm": to_rttm}[output](found))
    if picture is not None and found:
        _draw(found[0], picture)
    if not found and output == "json":
        raise typer.Exit(InputError.exit_code)
    if not found:
        raise InputError(f"None of {len(rejected)} recordings can be used, for the reasons above.")
    if rejected:
        raise typer.Exit(PARTIAL)


def _check_one(audio: Sequence[Path], output: str, picture: Path | None) -> None:
    """Raise an error for several recordings where a file has the timeline of one."""
    from featser.corpora import find_audio_files
    from featser.errors import UsageError

    what = "--format vtt" if output == "vtt" else "--picture" if picture else ""
    if what and (n_recordings := len(find_audio_files(audio))) > 1:
        raise UsageError(f"{what} shows the timeline of one recording, not of {n_recordings}. Give one recording.")


def _draw(timeline: "Timeline", picture: Path) -> None:
    from featser.timeline import draw_timeline

    picture.parent.mkdir(parents=True, exist_ok=True)
    draw_timeline(timeline, timeline.path, picture)


def _tell(model: "Model", timelines: Sequence["Timeline"]) -> None:
    """Say on stderr where no speech was found, and where the model could adapt to the speaker."""
    for each in timelines:
        if not each.windows:
            tell(f"No speech was found in {each.path}.")
    windows = [window for each in timelines for window in each.windows]
    if n_withheld := sum(not each.answered for each in windows):
        tell(
            f"No answer for {n_withheld} of {len(windows)} windows: they are too short, silent, no speech, or unlike "
            f"{model.training['corpus']} (see the flags in --format csv). --abstain 0 answers all the same."
        )
    if any("inductive" in each.flags for each in windows):
        unadapted, adapted = (model.scores[way]["uar"] for way in ("none", model.normalise))
        how = "If one person speaks, --speakers one" if model.normalise == "speaker" else "--enrol PATH"
        tell(f"The unadapted model answered (UAR {unadapted:.3f}). {how} adapts it to the voice (UAR {adapted:.3f}).")


def _show(model: "Model", timelines: Sequence["Timeline"]) -> None:
    from rich.table import Table
    from rich.text import Text

    from featser.cli.predict import score_line

    for each in timelines:
        table = Table(box=None, pad_edge=False, header_style="bold", title=Text(each.path), title_justify="left")
        for name in ("start", "end", "probability"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("emotion", no_wrap=True)
        for part in each.segments:
            table.add_row(_clock(part.start_s), _clock(part.end_s), f"{part.probability:.2f}", Text(part.emotion))
        console().print(table)
    if timelines:
        sys.stdout.write(score_line(model, timelines[0].normalise) + "\n")


def _clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> _clock(83.4)
    '1:23.4'
    """
    tenths = round(10 * seconds)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
