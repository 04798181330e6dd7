"""Score every model on every corpus that is here, with its shipped defaults, into ``reports/runs``.

    python benchmarks/accuracy.py [--corpora emodb,ravdess] [--parts models,tuned] [--models lda,svm]
    python benchmarks/accuracy.py --check

Corpora are the folders below ``FEATSER_CORPORA``. A run that was made before is not made again, so an interrupted
benchmark goes on where it was. ``featser report`` makes the tables and the page of all runs.

``--check`` lists the runs of the committed ``reports/scores.json`` that were made with other code or libraries than
those installed, and fails where there are any: their figures are due to be made again.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora import corpora_root

from featser.audio import VOICES
from featser.errors import FeatserError
from featser.evaluation import outdated, resolve_protocol, run_name
from featser.evaluation.premium import leak_premium, record_premium
from featser.models import DEFAULT_MODEL, MODELS, SEQUENCE_MODELS
from featser.pipeline import read_pipeline, select_features, shaped, specification_for
from featser.table import Table, read_table
from featser.training import fit

RUNS = Path("reports/runs")
SCORES = Path("reports/scores.json")
TABLES = Path("data/features")
COPIES, FEWER_COPIES = VOICES, ("speed-0.95", "speed-1.05")
TRIALS, FEWER_TRIALS = 50, 8
SEARCHED = Path("pipelines/lda-searched.toml")


@dataclass(frozen=True)
class Job:
    """One run: a model, a feature set, a normalisation, a protocol, and the number of trials of a search."""

    model: str
    features: str = "wide"
    normalise: str = "none"
    protocol: str = "auto"
    trials: int = 0
    copies: tuple[str, ...] = ()

    def __str__(self) -> str:
        tuned = f", {self.trials} trials" if self.trials else ""
        return f"{self.model} on {self.features}, {self.protocol}, {self.normalise}{tuned}"


def jobs(part: str) -> list[Job]:
    """Return the runs of a part of the benchmark."""
    tables = [name for name in MODELS if name not in SEQUENCE_MODELS]
    return {
        "models": [Job(name, normalise="speaker") for name in tables],
        "classic": [Job(name, "classic", "speaker") for name in ("svm", DEFAULT_MODEL)],
        "copies": [Job(DEFAULT_MODEL, "wide", "speaker", copies=COPIES)],
        "sentences": [Job(DEFAULT_MODEL, protocol="speaker-and-text")],
        "enrolment": [Job(DEFAULT_MODEL, normalise="enrolment:5")],
        "tuned": [Job("xgb", trials=TRIALS), Job(DEFAULT_MODEL, normalise="speaker", trials=FEWER_TRIALS)],
        "sequences": [Job(name, "log-mel") for name in SEQUENCE_MODELS],
    }[part]


PARTS = ("models", "classic", "copies", "sentences", "enrolment", "leaks", "tuned", "sequences")


def main() -> None:
    """Make the missing runs, and print score and time of each."""
    parser = argparse.ArgumentParser(description="Score every model on every available corpus.")
    parser.add_argument("--corpora", default="emodb,ravdess", help="folders below FEATSER_CORPORA")
    parser.add_argument("--models", default=",".join(MODELS), help="only these of a part")
    parser.add_argument("--parts", default=",".join(PARTS), help=", ".join(PARTS))
    parser.add_argument("--check", action="store_true", help="only say which committed runs are outdated")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check())
    root = corpora_root()
    for part in arguments.parts.split(","):
        for corpus in arguments.corpora.split(","):
            score_part(part, root / corpus, arguments.models.split(","))


def check() -> int:
    """List the outdated runs of the committed comparison; return 1 where there are any, else 0."""
    changed = 0
    for run in json.loads(SCORES.read_text(encoding="utf-8")):
        what = outdated(run.get("code", {}), run["versions"])
        if what:
            print(f"{run['run']}: {', '.join(what)}")
            changed += 1
    print(f"{changed} outdated runs in {SCORES}")
    return int(changed > 0)


def score_part(part: str, corpus: Path, models: Sequence[str]) -> None:
    """Make the runs of one part on one corpus, and print why runs are skipped."""
    if part == "sequences" and importlib.util.find_spec("torch") is None:
        print("sequences: skipped, PyTorch is not installed (featser[cnn])")
        return
    if part == "leaks":
        validated = leak_premium(read(corpus, "classic", FEWER_COPIES), specification_for("svm"))
        record_premium(validated, RUNS)
        for name, (run, _) in validated.items():
            print(f"{run.corpus}: {name}: UAR {run.uar:.3f}", flush=True)
        return
    for job in sorted((each for each in jobs(part) if each.model in models), key=lambda each: models.index(each.model)):
        try:
            score_job(job, read(corpus, job.features, job.copies))
        except FeatserError as error:
            print(f"{corpus.name}: {job}: {error}")


def score_job(job: Job, table: Table) -> None:
    """Make one run, unless it exists."""
    searched = job.trials and job.model == DEFAULT_MODEL
    specification = read_pipeline(SEARCHED) if searched else specification_for(job.model)
    names = select_features(specification, table.feature_set)
    setting = (resolve_protocol(job.protocol, table.manifest), job.normalise, 0)
    name = run_name(table, shaped(specification, names), setting) + (f"-tuned-{job.trials}" if job.trials else "")
    if (RUNS / name / "run.json").exists():
        return
    start = time.perf_counter()
    fitted = fit(table, specification, protocol=job.protocol, normalise=job.normalise, tune=job.trials)
    for scored in fitted.results:
        scored.save_run(RUNS)
        print(f"{table.corpus}: {job.model} {scored.run.normalise}: UAR {scored.run.uar:.3f}", flush=True)
    print(f"  {job}: {time.perf_counter() - start:.0f} s", flush=True)


def read(corpus: Path, features: str, copies: Sequence[str] = ()) -> Table:
    """Read the feature table of a corpus; ``featser extract`` writes it, unless it is up to date."""
    path = TABLES / f"{'-'.join((corpus.name, features, *copies))}.parquet"
    command = [
        sys.executable,
        "-m",
        "featser",
        "-q",
        "extract",
        str(corpus),
        "--features",
        features,
        "--out",
        str(path),
    ]
    subprocess.run([*command, *(word for copy in copies for word in ("--copies", copy))], check=True)
    return read_table([path])


if __name__ == "__main__":
    main()
