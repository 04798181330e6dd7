"""``featser listen``: emotions in live sound."""

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.options import ABSTAIN, Abstain, Enrol
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import compile_first, console, tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from featser.audio import Signal
    from featser.timeline import LiveAnswer

FORMATS = ("text", "jsonl")
_BAR = 30


def listen(
    model: Annotated[Path, typer.Argument(help="Model file, as saved by 'featser fit'.")],
    source: Annotated[
        str, typer.Option(help="mic, a file that is played in real time, or - for 16-bit mono samples from a pipe.")
    ] = "mic",
    window: Annotated[float, typer.Option(help="Length of a window in seconds.")] = 3.0,
    hop: Annotated[float, typer.Option(help="Seconds from one window to the next.")] = 1.0,
    rate: Annotated[int, typer.Option(help="Sample rate of a pipe in Hz.", min=8000, max=192_000)] = 16_000,
    fast: Annotated[bool, typer.Option("--fast", help="Read a file as fast as possible.")] = False,
    enrol: Enrol = None,
    abstain: Abstain = ABSTAIN,
    plugin: PluginPlaces = None,
    output: Annotated[str, typer.Option("--format", help="text, or jsonl: one JSON document per line.")] = "text",
) -> None:
    """Predict the emotions in live sound, in windows over the speech; Ctrl-C ends it."""
    from featser.bundle import load_model
    from featser.errors import UnknownNameError
    from featser.features import feature_set_from
    from featser.timeline import listen as listen_to

    if output not in FORMATS:
        raise UnknownNameError("format", output, FORMATS)
    load_plugins(plugin)
    loaded = load_model(model)
    features = feature_set_from(loaded.feature_set, loaded.feature_set["name"], "This model")
    compile_first([features.restricted_to(loaded.features)])
    show = _show_json if output == "jsonl" else _show_live if sys.stdout.isatty() else _show_lines
    try:
        with _opened(source, rate, fast) as (blocks, found_rate):
            given: dict[str, Any] = {"name": source, "enrolled": enrol or [], "abstain": abstain}
            show(listen_to(loaded, blocks, found_rate, window, hop, **given))
    except KeyboardInterrupt:
        tell("Stopped.")


@contextmanager
def _opened(source: str, rate: int, fast: bool) -> "Iterator[tuple[Iterator[Signal], int]]":
    """Blocks of samples of a source, and their rate."""
    from featser.audio import SAMPLE_RATE, read_blocks
    from featser.corpora.files import check_exists
    from featser.timeline.sources import BLOCK_SECONDS, in_real_time, microphone, raw_samples

    if source == "mic":
        with microphone() as opened:
            tell("Listening to the microphone; Ctrl-C ends it.")
            yield opened
    elif source == "-":
        yield raw_samples(sys.stdin.buffer, rate), rate
    else:
        check_exists(Path(source))
        blocks = read_blocks(source, BLOCK_SECONDS)
        yield blocks if fast else in_real_time(blocks), SAMPLE_RATE


def _show_json(answers: "Iterable[LiveAnswer]") -> None:
    for each in answers:
        extra = {"smoothed": each.emotion, "latency_ms": round(1000 * each.latency_s)}
        sys.stdout.write(json.dumps(asdict(each.prediction) | extra, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _show_lines(answers: "Iterable[LiveAnswer]") -> None:
    for each in answers:
        shares = sorted(each.prediction.probabilities.items(), key=lambda item: (-item[1], item[0]))[:3]
        likely = ", ".join(f"{name} {share:.2f}" for name, share in shares)
        span = f"{each.prediction.start_s:8.2f} - {each.prediction.end_s:8.2f} s"
        flags = f"  [{', '.join(each.prediction.flags)}]" if each.prediction.flags else ""
        sys.stdout.write(f"{span}  {each.emotion or '-':<12} {likely}  {1000 * each.latency_s:.0f} ms{flags}\n")
        sys.stdout.flush()


def _show_live(answers: "Iterable[LiveAnswer]") -> None:
    from rich.live import Live

    with Live(console=console(), auto_refresh=False) as live:
        for each in answers:
            live.update(_picture(each), refresh=True)


def _picture(answer: "LiveAnswer") -> "Table":
    """Probabilities of the last window as bars, with the smoothed emotion above."""
    from rich.table import Table
    from rich.text import Text

    shown = answer.prediction
    label = f"{answer.emotion} {answer.probability:.0%}" if answer.emotion else "no answer"
    title = f"{label}   {shown.start_s:.1f} - {shown.end_s:.1f} s   "
    table = Table(box=None, title=f"{title}{1000 * answer.latency_s:.0f} ms after its end", show_header=False)
    for name, share in shown.probabilities.items():
        bar = "█" * round(share * _BAR)
        table.add_row(name, Text(f"{bar:<{_BAR}}", style="bold" if name == answer.emotion else ""), f"{share:.2f}")
    if shown.flags:
        table.caption = ", ".join(shown.flags)
    return table
