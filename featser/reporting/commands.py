"""Commands that make a run, use its model, or measure what no run has measured yet."""

import re
import shlex

from featser.evaluation import Run
from featser.models import MODELS, default_parameters


def extract_commands(run: Run) -> list[str]:
    """Write the commands that make the feature tables of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of str
        one command for each tested corpus, and for each corpus of training only
    """
    copies = "".join(f" --copies {shlex.quote(each)}" for each in run.copies)
    steps = "".join(f" --clean {shlex.quote(each)}" for each in run.clean)
    corpora = [*((corpus, copies) for corpus in run.corpus.split("+")), *((corpus, "") for corpus in run.added)]
    return [
        f"featser extract data/raw/{shlex.quote(corpus)} --features {shlex.quote(run.features)}{steps}{changed}"
        f" --out {_table(corpus, run)}"
        for corpus, changed in corpora
    ]


def fit_command(run: Run, out: str = "", **changes: str) -> str:
    """Write the command that scores and trains the pipeline of a run.

    Parameters
    ----------
    run : Run
    out : str
        model file; by default the command chooses its name
    **changes : str
        other values of ``protocol``, ``normalise`` and ``corpus``

    Returns
    -------
    str
    """
    corpus = changes.get("corpus", run.corpus)
    parts = ["featser fit", *(_table(each, run) for each in corpus.split("+")), _pipeline(run)]
    parts += [f"--protocol {changes.get('protocol', run.protocol)}"]
    parts += [f"--normalise {changes.get('normalise', run.normalise)}"]
    parts += [f"--with {_table(each, run)}" for each in run.added]
    parts += [f"--labels {shlex.quote(run.labels['name'])}"] if run.labels else []
    parts += [f"--tune {run.tuning['n_trials']}"] if run.tuning.get("n_trials") else []
    parts += [f"--seed {run.seed}"] if run.seed else []
    parts += [f"--out {shlex.quote(out)}"] if out else []
    return " ".join(parts)


def making_commands(run: Run) -> list[str]:
    """Write every command from the recordings to a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of str
        extraction, then the fit, or the study that makes leaky runs
    """
    kinds = [leak.partition(":")[0] for leak in run.leaks if not leak.startswith(f"{run.protocol} split")]
    if not kinds:
        return [*extract_commands(run), fit_command(run)]
    parts = ["featser study leaks", *(_table(each, run) for each in run.corpus.split("+")), _pipeline(run)]
    return [*extract_commands(run), " ".join([*parts, f"--normalise {run.normalise}"])]


def parameter_rows(run: Run) -> list[tuple[str, str, str]]:
    """List the parameters of a run with their origin.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of (str, str, str)
        name, value, and ``default``, ``set`` or ``chosen in each fold``; what was chosen has no single value
    """
    usual = default_parameters(run.model) if run.model in MODELS else {}
    chosen = run.tuning.get("chosen", [])
    searched = {name for each in chosen for name in each["parameters"]} if chosen or not run.tuning else run.parameters
    rows = []
    for name, value in run.parameters.items():
        origin = "default" if name in usual and usual[name] == value else "set"
        rows.append((name, "-", "chosen in each fold") if name in searched else (name, str(value), origin))
    return [*rows, ("seed", str(run.seed), "set" if run.seed else "default")]


def use_lines(run: Run, model: str) -> tuple[list[str], list[str]]:
    """Write how to use the model of a run.

    Parameters
    ----------
    run : Run
    model : str
        model file

    Returns
    -------
    commands, python : list of str
        for the shell and for Python
    """
    commands = [f"featser predict {model} clip.wav"]
    python = ["import featser", "", f'model = featser.load_model("{model}")']
    if run.normalise == "none":
        return commands, [*python, 'found = featser.predict(model, ["clip.wav"])', *_SHOWN]
    commands += [f"featser predict {model} clip.wav --enrol voice/", f"featser predict {model} voice/ --speakers one"]
    return commands, [*python, 'found = featser.predict(model, ["clip.wav"], enrolled="voice/")', *_SHOWN]


_SHOWN = ["for each in found.results:", "    print(each.emotion, each.probabilities)"]


def other_table(run: Run) -> str:
    """Name the table of a corpus that the reader has to choose."""
    return f"OTHER-{_safe(run.features)}.parquet"


def corpus_command(run: Run, normalise: str = "none") -> str:
    """Write the command that scores the pipeline of a run on another corpus.

    Parameters
    ----------
    run : Run
    normalise : str

    Returns
    -------
    str
    """
    own = " ".join(_table(each, run) for each in run.corpus.split("+"))
    return (
        f"featser fit {own} {other_table(run)} {_pipeline(run)} --protocol leave-one-corpus-out --normalise {normalise}"
    )


def noise_command(run: Run) -> str:
    """Write the command that tests the pipeline of a run with noise.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
    """
    folders = " ".join(f"data/raw/{shlex.quote(each)}" for each in run.corpus.split("+"))
    return f"featser study noise {folders} --noise NOISE/ --features {shlex.quote(run.features)} {_pipeline(run)}"


def _table(corpus: str, run: Run) -> str:
    return shlex.quote(f"{_safe(corpus)}-{_safe(run.features)}{'-copies' if run.copies else ''}.parquet")


def _pipeline(run: Run) -> str:
    if run.pipeline == run.model and run.model in MODELS:
        return f"--model {run.model}"
    return f"--pipeline {shlex.quote(f'pipelines/{_safe(run.pipeline)}.toml')}"


def _safe(name: str) -> str:
    """Name without the characters that a path or a terminal would misread."""
    return re.sub(r"[^\w.+-]", "_", name)
