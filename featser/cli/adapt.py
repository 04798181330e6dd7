"""``featser adapt``: a model of several corpora, adapted to recordings without labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.outputs import check_output
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import PARTIAL, compile_first, print_json, progress_bar, tell, tell_rejected, write_lines

if TYPE_CHECKING:
    from featser.training import Adapted


def adapt(
    model: Annotated[
        Path, typer.Argument(help="Model of several corpora, from 'featser fit --protocol leave-one-corpus-out'.")
    ],
    audio: Annotated[list[Path], typer.Argument(help="Recordings without labels, and folders of recordings.")],
    out: Annotated[Path, typer.Option(help="File of the adapted model.")] = Path("models/adapted.joblib"),
    speakers: Annotated[
        str, typer.Option(help="How to tell the speakers: one, folder (one per speaker) or a corpus (by file name).")
    ] = "folder",
    plugin: PluginPlaces = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; one per core by default.", min=-1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Adapt a model of several corpora to a collection of recordings without labels.

    Every voice is normalised by its own recordings, and the model learns from its own surest answers. Refused for fewer
    than 50 recordings, for sounds that are no speech, and for recordings that do not differ as emotions do.
    """
    from featser.bundle import load_model, write_model
    from featser.features import feature_set_from
    from featser.training.adapting import adapt as adapt_model
    from featser.training.adapting import check_adaptable

    check_output(out, ".joblib")
    load_plugins(plugin)
    loaded = load_model(model)
    check_adaptable(loaded)
    features = feature_set_from(loaded.feature_set, loaded.feature_set["name"], "This model")
    compile_first([features.restricted_to(loaded.features)], jobs)
    with progress_bar("reading") as progress:
        adapted = adapt_model(loaded, audio, speakers, jobs=jobs, progress=progress)
    tell_rejected(adapted.rejected)
    write_model(adapted.model, out)
    if as_json:
        print_json(_document(adapted, out))
    else:
        _show(adapted, out)
    if adapted.rejected:
        raise typer.Exit(PARTIAL)


def _document(adapted: "Adapted", out: Path) -> dict[str, Any]:
    return {
        "model_path": str(out),
        **adapted.model.training["adapted"],
        "score": adapted.model.scores["speaker"],
        "rejected": [{"path": each.path, "reason": each.reason} for each in adapted.rejected],
    }


def _show(adapted: "Adapted", out: Path) -> None:
    record, score = adapted.model.training["adapted"], adapted.model.scores["speaker"]
    shares = ", ".join(f"{emotion} {count}" for emotion, count in record["predicted"].items())
    corpora = ", ".join(f"{name} {each['uar']:.3f}" for name, each in score["by_corpus"].items())
    interval = f" [{score['uar_low']:.3f}, {score['uar_high']:.3f}]" if score["uar_low"] is not None else ""
    if record["n_left_out"]:
        tell(f"Left out: {record['n_left_out']} recordings of voices with fewer than three.")
    write_lines(
        [
            f"Adapted to {record['n_recordings']} recordings of {record['n_speakers']} voices: {shares}.",
            f"Score of adapting to corpora that were left out: UAR {score['uar']:.3f}{interval}; {corpora}.",
            "It holds for acted emotions of several voices; predict with --speakers, so that each voice is normalised.",
            f"model: {out}",
        ]
    )
