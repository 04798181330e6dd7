"""``featser predict``: emotions with probabilities for files and folders."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
)

if TYPE_CHECKING:
    from featser.bundle import Model
    from featser.bundle.prediction import Predictions

FORMATS = ("table", "json", "csv")


def predict(
    model: Annotated[Path, typer.Argument(help="Model file, as saved by 'featser fit'.")],
    audio: Annotated[list[Path], typer.Argument(help="Recordings and folders of recordings.")],
    speakers: Annotated[
        str | None,
        typer.Option(help="How to tell the speakers: one, folder (one per speaker) or a corpus (by file name)."),
    ] = None,
    plugin: PluginPlaces = None,
    enrol: Annotated[
        list[Path] | None,
        typer.Option(help="Unlabelled recordings of the speaker, for a model fitted with --normalise enrolment:K."),
    ] = None,
    abstain: Annotated[
        float, typer.Option(help="No answer for sounds less usual than this among training speech; 0 always answers.")
    ] = 0.03,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; one per core by default.", min=-1)] = None,
    output: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Predict the emotion of each recording, with the probability of every emotion."""
    from featser.bundle import load_model
    from featser.bundle.prediction import document
    from featser.bundle.prediction import predict as predict_emotions
    from featser.errors import InputError, UnknownNameError
    from featser.features import feature_set_from

    if output not in FORMATS:
        raise UnknownNameError("format", output, FORMATS)
    load_plugins(plugin)
    loaded = load_model(model)
    features = feature_set_from(loaded.feature_set, loaded.feature_set["name"], "This model")
    compile_first([features.restricted_to(loaded.features)], jobs)
    with progress_bar("predicting") as progress:
        predictions = predict_emotions(
            loaded, audio, speakers, enrol or [], abstain=abstain, jobs=jobs, progress=progress
        )
    tell_rejected(predictions.rejected)
    _tell_flags(loaded, predictions, speakers)
    if as_json or output == "json":
        print_json(document(loaded, str(model), predictions))
    elif output == "csv":
        _write_csv(predictions)
    elif predictions.results:
        _show(loaded, predictions)
    if not predictions.results:
        if as_json or output == "json":
            raise typer.Exit(InputError.exit_code)
        raise InputError(f"None of {len(predictions.rejected)} recordings can be used, for the reasons above.")
    if predictions.rejected:
        raise typer.Exit(PARTIAL)


def _tell_flags(model: "Model", predictions: "Predictions", speakers: str | None) -> None:
    """Explain the flags of the results on stderr, one line each."""
    from featser.bundle.prediction import LONG_SECONDS

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
            f"One label for {longest:.1f} minutes is a summary; cut such recordings into utterances."
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
        cause, remedy = "One recording is too few to adapt to this voice", f"{MIN_UTTERANCES} or more, --speakers one,"
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
    sys.stdout.write(_score_line(model, way) + "\n")


def _score_line(model: "Model", way: str) -> str:
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
        writer.writerow([each.path, each.start_s, each.end_s, each.emotion or "", *shares, *last, each.p_value])
