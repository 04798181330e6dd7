"""``featser predict``: emotions with probabilities for files and folders."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featser.cli.explanations import explanations_of, show_explanations, with_explanations
from featser.cli.options import ABSTAIN, Abstain, Enrol
from featser.cli.outputs import check_output, stdout_to
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import (
    PARTIAL,
    compile_first,
    console,
    print_json,
    progress_bar,
    tell,
    tell_rejected,
    trained_on,
    write_lines,
)
from featser.limits import path_cell

if TYPE_CHECKING:
    from featser.bundle import Model
    from featser.bundle.prediction import Predictions

FORMATS = ("table", "json", "csv")
TIMELINE_FORMATS = ("vtt", "rttm")
PICTURES = (".png", ".svg", ".pdf")


def _check_out(path: Path | None) -> Path | None:
    if path is not None:
        check_output(path, path.suffix if path.suffix[1:] in (*FORMATS[1:], *TIMELINE_FORMATS) else ".json")
    return path


def _check_picture(path: Path | None) -> Path | None:
    if path is not None:
        check_output(path, path.suffix if path.suffix in PICTURES else ".png")
    return path


def predict(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="Model file, as saved by 'featser fit'.")],
    audio: Annotated[list[Path], typer.Argument(help="Recordings and folders of recordings.")],
    speakers: Annotated[
        str | None,
        typer.Option(help="How to tell the speakers: one, folder (one per speaker) or a corpus (by file name)."),
    ] = None,
    plugin: PluginPlaces = None,
    enrol: Enrol = None,
    abstain: Abstain = ABSTAIN,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; one per core by default.", min=-1)] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which acoustic words and descriptors speak for each answer.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("--format", help="table, json or csv; with --window also vtt or rttm.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    window: Annotated[
        float | None, typer.Option(help="Timeline in windows of so many seconds over the speech of each recording.")
    ] = None,
    hop: Annotated[float | None, typer.Option(help="Seconds from one window to the next; 1 by default.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to this .json, .csv, .vtt or .rttm file.", callback=_check_out)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the timeline to this .png, .svg or .pdf file.", callback=_check_picture)
    ] = None,
) -> None:
    """Predict the emotion of each recording, with the probability of every emotion."""
    from featser.bundle import load_model
    from featser.bundle.prediction import document
    from featser.bundle.prediction import predict as predict_emotions
    from featser.errors import InputError
    from featser.features import feature_set_from

    output = "json" if as_json else _format(output, out)
    _check_timeline(output, window, hop, picture, explain=explain)
    load_plugins(plugin)
    loaded = load_model(model)
    features = feature_set_from(loaded.feature_set, loaded.feature_set["name"], "This model")
    compile_first([features.restricted_to(loaded.features)], jobs)
    context.with_resource(stdout_to(out))
    if window is not None:
        from featser.cli.timeline import predict_timelines

        hop = min(1.0, window) if hop is None else hop
        given = {"speakers": speakers, "enrolled": enrol or [], "abstain": abstain, "jobs": jobs}
        predict_timelines(loaded, model, audio, (window, hop), output, picture, given)
        return
    with progress_bar("predicting") as progress:
        predictions = predict_emotions(
            loaded, audio, speakers, enrol or [], abstain=abstain, jobs=jobs, progress=progress
        )
    tell_rejected(predictions.rejected)
    _tell_flags(loaded, predictions, speakers)
    explanations = explanations_of(loaded, predictions, speakers, enrol, jobs) if explain else []
    if output == "json":
        print_json(with_explanations(document(loaded, str(model), predictions), explanations))
    elif output == "csv":
        _write_csv(predictions)
    elif predictions.results:
        _show(loaded, predictions)
        show_explanations(predictions, explanations)
    if not predictions.results:
        if output == "json":
            raise typer.Exit(InputError.exit_code)
        raise InputError(f"None of {len(predictions.rejected)} recordings can be used, for the reasons above.")
    if predictions.rejected:
        raise typer.Exit(PARTIAL)


def _format(output: str | None, out: Path | None) -> str:
    """Return the format of the results: as asked for, or by the suffix of the file to write."""
    from featser.errors import UnknownNameError, UsageError

    if output is not None and output not in (*FORMATS, *TIMELINE_FORMATS):
        raise UnknownNameError("format", output, (*FORMATS, *TIMELINE_FORMATS))
    of_file = out.suffix[1:] if out else None
    if output and of_file and output != of_file:
        raise UsageError(f"--format {output} does not fit '{out}'. Leave --format out, or name a .{output} file.")
    return output or of_file or "table"


def _check_timeline(
    output: str, window: float | None, hop: float | None, picture: Path | None, *, explain: bool
) -> None:
    """Raise an error for options that need ``--window`` and stand without it, or do not go with it."""
    from featser.errors import UsageError

    asked = {"--hop": hop is not None, "--picture": picture is not None}
    asked |= {f"--format {name}": output == name for name in TIMELINE_FORMATS}
    for name in (name for name, applies in asked.items() if applies and window is None):
        raise UsageError(f"{name} needs a timeline. Add --window 3.")
    if explain and window is not None:
        raise UsageError("--explain explains whole recordings, not windows. Leave --explain or --window out.")


def _tell_flags(model: "Model", predictions: "Predictions", speakers: str | None) -> None:
    """Explain the flags of the results on stderr, one line each."""
    from featser.bundle.prediction import LONG_SECONDS

    if any("minutes are read" in each.reason for each in predictions.rejected):
        tell("With --window 3, recordings of up to 24 hours are read, as a timeline.")
    total = len(predictions.results)
    flagged = [flag for each in predictions.results for flag in each.flags]
    if n_withheld := sum(not each.answered for each in predictions.results):
        tell(_withheld(model, n_withheld, total))
    if n_strange := flagged.count("other-conditions"):
        tell(
            f"Flag other-conditions: {n_strange} of {total} recordings are of voices or conditions unlike "
            f"{model.training['corpus']}. Their probabilities are too high, and they get no set."
        )
    if n_inductive := flagged.count("inductive"):
        tell(_unadapted(model, n_inductive, total, speakers))
    if n_known := flagged.count("trained-on"):
        tell(
            f"Flag trained-on: {n_known} of {total} recordings are training data of this model. "
            "Its score applies to unseen speakers, not to them."
        )
    if n_long := flagged.count("long"):
        longest = max(each.end_s - each.start_s for each in predictions.results) / 60
        tell(
            f"Flag long: {n_long} of {total} recordings last more than {LONG_SECONDS:.0f} s. "
            f"One label for {longest:.1f} minutes is a summary; --window 3 gives a timeline."
        )


def _withheld(model: "Model", n_withheld: int, total: int) -> str:
    """Say that and why there are recordings without an answer."""
    corpus = model.training["corpus"]
    remedy = "With --speakers or --enrol it adapts to a voice; " if model.normalise == "speaker" else ""
    return (
        f"No answer for {n_withheld} of {total} recordings: they are too short, silent, no speech, or unlike {corpus} "
        f"(see the flags). {remedy}--abstain 0 answers all the same."
    )


def _unadapted(model: "Model", n_inductive: int, total: int, speakers: str | None) -> str:
    """Say why the unadapted classifier answered, what it scored, and how the model would adapt."""
    from featser.models import MIN_UTTERANCES

    if model.normalise != "speaker":
        n_enrolled = model.normalise.removeprefix("enrolment:")
        cause, remedy = "There are no recordings of the speaker to adapt to", f"{n_enrolled} or more, --enrol PATH,"
    elif total == 1:
        cause, remedy = (
            "One recording is too few to adapt to this voice",
            f"{MIN_UTTERANCES} or more, --speakers one or --enrol PATH,",
        )
    elif speakers is None:
        cause, remedy = f"The speakers of the {total} recordings are unknown", "--speakers one, folder or a corpus"
    else:
        cause = f"{n_inductive} of {total} recordings have too few others of their speaker to adapt to"
        remedy = f"{MIN_UTTERANCES} or more of each speaker"
    unadapted, adapted = (model.scores[way]["uar"] for way in ("none", model.normalise))
    return f"{cause}; the unadapted model answered (UAR {unadapted:.3f}). With {remedy} it adapts (UAR {adapted:.3f})."


def _show(model: "Model", predictions: "Predictions") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("recording", overflow="fold")
    table.add_column("emotion", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    level = next((each["conformal"]["level"] for each in model.scores.values() if each.get("conformal")), None)
    table.add_column("next", no_wrap=True)
    flagged = any(each.flags for each in predictions.results)
    if level:
        table.add_column(f"one of ({level:.0%})")
    if flagged:
        table.add_column("flags")
    for each in predictions.results:
        ranked = sorted(each.probabilities.items(), key=lambda item: (-item[1], item[0]))
        shares = [f"{probability:.2f}" for _, probability in ranked[:2]]
        row = (
            [each.path, each.emotion, shares[0], f"{ranked[1][0]} {shares[1]}"] if each.emotion else [each.path, *"---"]
        )
        row += [", ".join(each.set)] if level else []
        row += [", ".join(each.flags)] if flagged else []
        table.add_row(*map(Text, row))  # Text, since a file name may contain markup
    console().print(table)
    ways = {each.normalise for each in predictions.results}
    way = "none" if "none" in ways else min(ways)
    write_lines([score_line(model, way)])


def score_line(model: "Model", way: str) -> str:
    """State the score of the model under a normalisation, and what it was measured and trained on."""
    score, corpus = model.score_of(way), model.training["corpus"]
    interval = f" [{score['uar_low']:.3f}, {score['uar_high']:.3f}]" if score["uar_low"] is not None else ""
    uar = f"UAR {score['uar']:.3f}{interval} ({score['protocol']}, normalisation {way})"
    measured = (
        f"LEAKY score on {corpus}, inflated by leakage: {uar}."
        if score["leaky"]
        else f"Score on unseen speakers of {corpus}: {uar}."
    )
    sets = score.get("conformal")
    covered = f" 'One of' contained the true emotion in {sets['coverage']:.0%} of those utterances." if sets else ""
    return f"{measured}{covered} The model is trained on {trained_on(model.training)}."


def _write_csv(predictions: "Predictions") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    emotions = list(predictions.results[0].probabilities) if predictions.results else []
    writer.writerow(
        ["path", "start_s", "end_s", "emotion", *(f"p_{name}" for name in emotions), "flags", "set", "p_value"]
    )
    for each in predictions.results:
        shares = [repr(each.probabilities[name]) for name in emotions]
        last = (" ".join(each.flags), ";".join(each.set))
        writer.writerow(
            [path_cell(each.path), each.start_s, each.end_s, each.emotion or "", *shares, *last, each.p_value]
        )
