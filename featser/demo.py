"""The whole story on the toy corpus: extract -> fit -> report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from featser.bundle import write_model
from featser.corpora import read_corpus
from featser.errors import InputError
from featser.evaluation import Run, write_run
from featser.extraction import extract
from featser.features import find_feature_set
from featser.fit import fit
from featser.pipeline import specification_for
from featser.report import write_report
from featser.table import read_table, write_table

MODELS = ("svm", "random-forest", "xgb")


@dataclass(frozen=True)
class Demo:
    """What the demo made."""

    runs: tuple[Run, ...]
    page: Path
    model: Path
    recording: Path


def run_demo(out: Path, progress: Callable[[int, int], None]) -> Demo:
    """Extract the toy corpus, score and train three models under both normalisations, write the report.

    Parameters
    ----------
    out : Path
        folder for everything that it makes
    progress : callable
        called with the steps done and to do
    """
    toy = toy_corpus()
    table_path = out / "features" / "synthetic-emodb.parquet"
    write_table(extract([read_corpus(toy, "emodb")], find_feature_set("classic")).table, table_path)
    table = read_table([table_path])
    runs: list[Run] = []
    model_path = out / "models" / f"{MODELS[0]}.joblib"
    for step, name in enumerate(MODELS):
        progress(step, len(MODELS))
        fitted = fit(table, specification_for(name), normalise="speaker")
        for scored in (fitted.inductive, fitted.scored):
            write_run(scored.run, scored.predictions, out / "reports" / "runs")
            runs.append(scored.run)
        write_model(fitted.model, out / "models" / f"{name}.joblib")
    files = write_report(runs, out / "reports")
    return Demo(tuple(runs), files.html, model_path, next(iter(sorted(toy.glob("wav/*.flac")))))


def toy_corpus() -> Path:
    """Return the folder of the committed toy corpus: in a checkout, or where a wheel puts it."""
    package = Path(__file__).parent
    for folder in (package.parent / "data" / "toy" / "emodb", package / "toy" / "emodb"):
        if folder.is_dir():
            return folder
    raise InputError("The toy corpus is not there. Make it again: python -m featser.synthetic data/toy.")
