"""``featser predict``: labels with probabilities for files and folders."""

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import PARTIAL, console, print_json, tell, tell_rejected, trained_on

if TYPE_CHECKING:
    from featser.bundle import Model
    from featser.bundle.prediction import Prediction, Predictions

FORMATS = ("table", "json", "csv")


def predict(
    model: Annotated[Path, typer.Argument(help="A model that 'featser fit' saved.")],
    audio: Annotated[list[Path], typer.Argument(help="Recordings and folders of recordings.")],
    speakers: Annotated[
        str | None,
        typer.Option(help="Who speaks: one (all the same voice), folder (a folder per voice), or a corpus's name."),
    ] = None,
    plugin: PluginPlaces = None,
    enrol: Annotated[
        list[Path] | None,
        typer.Option(help="Unlabelled recordings of the voice, for a model fitted with --normalise enrolment:K."),
    ] = None,
    output: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Say which emotion is spoken in each recording, with the probability of every emotion."""
    from featser.bundle import load_model
    from featser.bundle.prediction import find_recordings
    from featser.bundle.prediction import predict as predict_emotions
    from featser.errors import InputError, UnknownNameError

    if output not in FORMATS:
        raise UnknownNameError("format", output, FORMATS)
    load_plugins(plugin)
    loaded = load_model(model)
    predictions = predict_emotions(loaded, find_recordings(audio), speakers, find_recordings(enrol or []))
    tell_rejected(predictions.rejected)
    _tell_inductive(loaded, predictions)
    if as_json or output == "json":
        print_json(_document(loaded, model, predictions))
    elif output == "csv":
        _write_csv(predictions)
    elif predictions.results:
        _show(loaded, predictions)
    if not predictions.results:
        if as_json or output == "json":
            raise typer.Exit(InputError.exit_code)
        raise InputError(f"None of {len(predictions.rejected)} recordings can be used; the reasons are above.")
    if predictions.rejected:
        raise typer.Exit(PARTIAL)


def _document(model: "Model", path: Path, predictions: "Predictions") -> dict[str, Any]:
    return {
        "model": str(path),
        "normalise": model.normalise,
        "scores": model.scores,
        "results": [asdict(each) for each in predictions.results],
        "rejected": [asdict(each) for each in predictions.rejected],
    }


def _tell_inductive(model: "Model", predictions: "Predictions") -> None:
    """Say so where a model that measures voices answers without it, and what that answer is worth."""
    n_inductive = sum("inductive" in each.flags for each in predictions.results)
    if not n_inductive:
        return
    scores = {way: score["uar"] for way, score in model.scores.items()}
    tell(
        f"This model measures a voice by its own recordings (UAR {scores[model.normalise]:.3f}). For {n_inductive} of "
        f"{len(predictions.results)} recordings it does not know enough of the voice; they get its "
        f"inductive answer (UAR {scores['none']:.3f}). {_remedy(model.normalise)}"
    )


def _remedy(normalise: str) -> str:
    if normalise == "speaker":
        return "With several recordings of a voice, say who speaks: --speakers one, folder, or a corpus."
    return f"Give {normalise.removeprefix('enrolment:')} or more unlabelled recordings of the voice: --enrol PATH."


def _show(model: "Model", predictions: "Predictions") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("recording", overflow="fold")
    table.add_column("emotion", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    level = next((each["conformal"]["level"] for each in model.scores.values() if each.get("conformal")), None)
    table.add_column("then", no_wrap=True)
    if level:
        table.add_column(f"one of ({level:.0%})")
    for each in predictions.results:
        row = [each.path, each.emotion, f"{each.probabilities[each.emotion]:.2f}", _runner_up(each)]
        row += [", ".join(each.set)] if level else []
        table.add_row(*map(Text, row))  # a name may hold what rich takes for markup
    console().print(table)
    way = "none" if any("inductive" in each.flags for each in predictions.results) else model.normalise
    sys.stdout.write(_how_far_to_trust(model, way) + "\n")


def _how_far_to_trust(model: "Model", way: str) -> str:
    """What the model scored, under the normalisation by which it answered."""
    score = model.scores[way]
    interval = f" [{score['uar_low']:.3f}, {score['uar_high']:.3f}]" if score["uar_low"] is not None else ""
    heard = "LEAKY: on speakers that it had heard" if score["leaky"] else "On speakers that it never heard"
    sets = score.get("conformal")
    covered = f" 'One of' held the true emotion in {sets['coverage']:.0%} of their utterances." if sets else ""
    return (
        f"{heard}, this pipeline scored UAR {score['uar']:.3f}{interval} ({score['protocol']}, normalisation {way})."
        f"{covered} The model is trained on {trained_on(model.training)}."
    )


def _runner_up(prediction: "Prediction") -> str:
    ranked = sorted(prediction.probabilities.items(), key=lambda item: (-item[1], item[0]))
    emotion, probability = next(item for item in ranked if item[0] != prediction.emotion)
    return f"{emotion} {probability:.2f}"


def _write_csv(predictions: "Predictions") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    emotions = list(predictions.results[0].probabilities) if predictions.results else []
    writer.writerow(["path", "start_s", "end_s", "emotion", *(f"p_{name}" for name in emotions), "flags", "set"])
    for each in predictions.results:
        shares = [repr(each.probabilities[name]) for name in emotions]
        last = (" ".join(each.flags), ";".join(each.set))
        writer.writerow([each.path, each.start_s, each.end_s, each.emotion, *shares, *last])
