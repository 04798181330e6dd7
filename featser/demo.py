"""The demo: extract the toy corpus, fit some models, write the report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from featser.errors import InputError
from featser.evaluation import Run
from featser.extraction import extract
from featser.pipeline import specification_for
from featser.reporting import report
from featser.table import write_table
from featser.training import Fitted, fit

MODELS = ("svm", "random-forest", "xgb")

NETWORK = replace(specification_for("cnn"), parameters={"n_epochs": 4})
"""Added where PyTorch is installed; with few epochs, so that the demo takes less than a minute."""


@dataclass(frozen=True)
class Demo:
    """Results of the demo.

    Attributes
    ----------
    runs : tuple of Run
        scores of all models, without and with normalisation by speaker
    page, model, recording : Path
        the web page of the report, one of the models, and a recording to try it on
    """

    runs: tuple[Run, ...]
    page: Path
    model: Path
    recording: Path


def run_demo(out: Path, progress: Callable[[int, int], None]) -> Demo:
    """Extract the toy corpus, score and train the models, and write the report.

    Parameters
    ----------
    out : Path
        folder for tables, models and the report
    progress : callable
        called with the number of finished models and the number of all models

    Returns
    -------
    Demo
        the scores and the files
    """
    toy = toy_corpus()
    pipelines = [(specification_for(name), "classic") for name in MODELS]
    pipelines += [(NETWORK, "log-mel")] if find_spec("torch") else []
    fitted: list[Fitted] = []
    for step, (pipeline, features) in enumerate(pipelines):
        progress(step, len(pipelines))
        table = extract(toy, features)
        write_table(table, out / "features" / f"{table.corpus}-{features}.parquet")
        fitted.append(fit(table, pipeline, normalise="speaker"))
        for result in fitted[-1].results:
            result.save_run(out / "reports" / "runs")
        fitted[-1].save_model(out / "models" / f"{pipeline.name}.joblib")
    page = report(fitted, out / "reports").html
    runs = tuple(result.run for each in fitted for result in each.results)
    return Demo(runs, page, out / "models" / f"{MODELS[0]}.joblib", min(toy.glob("wav/*.flac")))


def toy_corpus() -> Path:
    """Return the folder of the toy corpus, in a checkout or in an installed package."""
    package = Path(__file__).parent
    for folder in (package.parent / "data" / "toy" / "emodb", package / "toy" / "emodb"):
        if folder.is_dir():
            return folder
    raise InputError("The toy corpus is missing. Make it again: python -m featser.synthetic data/toy.")
