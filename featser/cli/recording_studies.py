"""``featser study noise`` and ``featser study cleaning``: studies that change the recordings themselves."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.extract import Naming, read_manifests
from featser.cli.fit import RUNS, chosen_pipeline
from featser.cli.outputs import check_folder
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.studying import AsJson, ModelName, Normalise, PipelineFile, Protocol, Runs, Seed, record
from featser.cli.terminal import compile_first, progress_bar, tell_rejected

RECORDING_STUDIES = {
    "noise": "Test on recordings with noise, in other bands, coded, louder, reverberant or short, trained with and "
    "without noise.",
    "cleaning": "Train and test after each cleaning step, on clean recordings and on recordings with noise at 10 dB.",
}
"""Study of recordings -> help."""


def recording_study(name: str) -> Callable[..., None]:
    """Return the command of a study that computes features of changed recordings.

    Parameters
    ----------
    name : str
        key in `featser.studies.STUDIES`

    Returns
    -------
    callable
        for ``typer.Typer.command``
    """

    def command(
        noise: Annotated[Path, typer.Option(help="Folder of recordings of noise.")],
        paths: Annotated[
            list[Path] | None, typer.Argument(help="Folders of recordings; without any, every folder in data/raw/.")
        ] = None,
        corpus: Annotated[str, typer.Option(help="How the files are named, as for 'featser extract'.")] = "auto",
        manifest: Annotated[
            list[Path] | None, typer.Option(help="A table of your own, as for 'featser extract'.")
        ] = None,
        features: Annotated[str, typer.Option(help="A feature set by name, or a TOML file.")] = "wide",
        model: ModelName = None,
        pipeline: PipelineFile = None,
        protocol: Protocol = "auto",
        normalise: Normalise = "none",
        seed: Seed = 0,
        plugin: PluginPlaces = None,
        jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; one per core by default.")] = None,
        runs: Runs = RUNS,
        as_json: AsJson = False,
    ) -> None:
        from featser.extraction import Backend, extract
        from featser.features import find_feature_set
        from featser.studies import Recordings, make_inputs, points_of

        check_folder(runs)
        load_plugins(plugin)
        feature_set, specification = find_feature_set(features), chosen_pipeline(model, pipeline)
        manifests = read_manifests(paths, corpus, manifest, Naming([], "", None, False, False))
        compile_first([feature_set], jobs)
        with progress_bar("extracting") as progress:
            table = extract(manifests, feature_set, backend=Backend(jobs=jobs), progress=progress)
        tell_rejected(table.rejected)
        points = points_of(runs)
        inputs = make_inputs(table, specification, protocol=protocol, normalise=normalise, seed=seed, points=points)
        record(name, inputs, runs, as_json, recordings=Recordings(manifests, jobs), folder=noise)

    return command
