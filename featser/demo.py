"""The whole story on the toy corpus: extract -> fit -> report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from featser.bundle import write_model
from featser.corpora import read_corpus
from featser.errors import InputError
from featser.evaluation import Run
from featser.extraction import extract
from featser.pipeline import specification_for
from featser.reporting import write_report
from featser.table import Table, write_table
from featser.training import fit

MODELS = ("svm", "random-forest", "xgb")

NETWORK = replace(specification_for("cnn"), parameters={"n_epochs": 4})
"""What joins them where PyTorch is installed; it learns for a few epochs only, for the demo has a minute."""


@dataclass(frozen=True)
class Demo:
    """What the demo made."""

    runs: tuple[Run, ...]
    page: Path
    model: Path
    recording: Path


def run_demo(out: Path, progress: Callable[[int, int], None]) -> Demo:
    """Extract the toy corpus, score and train the models under both normalisations, write the report.

    Parameters
    ----------
    out : Path
        folder for everything that it makes
    progress : callable
        called with the steps done and to do
    """
    toy = toy_corpus()
    pipelines = [(specification_for(name), "classic") for name in MODELS]
    pipelines += [(NETWORK, "log-mel")] if find_spec("torch") else []
    runs: list[Run] = []
    for step, (specification, features) in enumerate(pipelines):
        progress(step, len(pipelines))
        fitted = fit(_table(toy, features, out / "features"), specification, normalise="speaker")
        for scored in fitted.results:
            scored.save_run(out / "reports" / "runs")
            runs.append(scored.run)
        write_model(fitted.model, out / "models" / f"{specification.name}.joblib")
    files = write_report(runs, out / "reports")
    model_path = out / "models" / f"{MODELS[0]}.joblib"
    return Demo(tuple(runs), files.html, model_path, next(iter(sorted(toy.glob("wav/*.flac")))))


def _table(toy: Path, features: str, folder: Path) -> Table:
    """Extract the toy corpus, from the cache where it was extracted before."""
    table = extract(read_corpus(toy, "emodb"), features)
    write_table(table, folder / f"synthetic-emodb-{features}.parquet")
    return table


def toy_corpus() -> Path:
    """Return the folder of the committed toy corpus: in a checkout, or where a wheel puts it."""
    package = Path(__file__).parent
    for folder in (package.parent / "data" / "toy" / "emodb", package / "toy" / "emodb"):
        if folder.is_dir():
            return folder
    raise InputError("The toy corpus is not there. Make it again: python -m featser.synthetic data/toy.")
