"""Model cards and data cards, from what runs recorded and corpora declare."""

from collections import Counter
from importlib.resources import files
from tomllib import loads

from featser.corpora import CORPORA
from featser.evaluation import Run
from featser.models import DEFAULT_MODEL, REASON
from featser.reporting.answer import CorpusAnswer
from featser.reporting.failing import sex_of

OUT_OF_SCOPE = (
    "Out of scope: diagnosis and health, hiring and work, school, insurance, credit, police, border and court, and any "
    "surveillance or hidden use. Emotions heard in a voice are not what a person feels, and acted emotions are "
    "stronger and clearer than those of everyday life."
)
IN_SCOPE = (
    "Intended use: research on speech and teaching, on recordings whose speakers agreed, with voices, language and "
    "recording conditions like those of training. A person should look at the answers before anything follows from "
    "them."
)

Row = tuple[str, str]


def summary(corpus: str, run: Run) -> str:
    """Describe a corpus in a few words: kind of speech, language, size."""
    facts = [f"{run.n_utterances:,} utterances", f"{run.n_speakers} speakers" if run.n_speakers else "speakers unknown"]
    facts.append(f"{len(run.classes)} emotions")
    return ", ".join([*_kinds(corpus), *facts])


def data_card(run: Run) -> list[Row]:
    """Describe the recordings of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of (str, str)
        term and description; what is not known is said to be unknown
    """
    rows = [("tested", f"{run.n_utterances:,} utterances of {_speakers(run)}")]
    counts = zip(run.classes, (sum(row) for row in run.confusion), strict=True)
    rows.append(("emotions", ", ".join(f"{emotion} {n}" for emotion, n in counts)))
    for name in run.corpus.split("+"):
        rows += _declared(name) or [(name, "no corpus that featser knows: speech, language and licence are unknown")]
    if run.clean:
        rows.append(("cleaned by", ", ".join(run.clean)))
    if run.copies:
        rows.append(("trained with copies", ", ".join(run.copies)))
    return rows


def model_card(answer: CorpusAnswer) -> list[Row]:
    """Describe the models of an answer.

    Parameters
    ----------
    answer : CorpusAnswer

    Returns
    -------
    list of (str, str)
        term and description
    """
    run = answer.rows[0].run
    models = {f"{row.run.title} on {row.run.features}": "" for row in answer.rows}
    for row in answer.rows:
        models[f"{row.run.title} on {row.run.features}"] += f", for {row.known}"
    chosen = [_chosen(row.run, len(row.group.runs), row.known) for row in answer.rows]
    return [
        ("models", "; ".join(f"{model}{known}" for model, known in models.items())),
        ("input", "one recording of one person who speaks, 0.3 s or longer; no answer where the guard rejects it"),
        ("output", f"probabilities of {', '.join(run.classes)}; no other emotion can be answered"),
        ("trained on", f"all {run.n_utterances:,} utterances of {run.corpus}, after they were scored"),
        ("chosen after looking at", " ".join(dict.fromkeys(chosen))),
        ("defaults", _defaults()),
    ]


def _chosen(run: Run, n_runs: int, known: str) -> str:
    if n_runs == 1:
        return f"For {known}: nothing, it is the only run on {run.corpus}."
    return f"For {known}: the scores of {n_runs} runs on {run.corpus}, so its score is slightly too high."


def _defaults() -> str:
    chosen = "Features and default parameters of featser were chosen on EmoDB and RAVDESS"
    return f"{chosen}; the default model is {DEFAULT_MODEL}, because {REASON}."


def _speakers(run: Run) -> str:
    if not run.uar_by_speaker:
        return "unknown speakers"
    sexes = Counter(sex_of(run, speaker) or "sex unknown" for speaker in run.uar_by_speaker)
    return f"{run.n_speakers} speakers ({', '.join(f'{n} {sex}' for sex, n in sorted(sexes.items()))})"


def _declared(name: str) -> list[Row]:
    """What a corpus declares of itself."""
    corpus = CORPORA.get(name)
    if corpus is None:
        return []
    rows = [
        (name, corpus.title),
        ("speech", ", ".join(_kinds(name)) or "unknown"),
        ("licence", corpus.licence),
        ("citation", corpus.citation),
        ("from", corpus.home),
        ("recordings", corpus.audio or "unknown"),
    ]
    rows += [("sentences", _sentences(len(corpus.texts)))] if corpus.texts else []
    return rows + ([("known oddities", " ".join(corpus.oddities))] if corpus.oddities else [])


def _sentences(n_texts: int) -> str:
    return f"{n_texts}, the same for all speakers: under most protocols the tested sentences occur in training"


def _kinds(name: str) -> list[str]:
    """Acted or natural, and the language, where they are known."""
    corpus, kind = CORPORA.get(name), _speech().get(name, "")
    language = f"language {corpus.language}" if corpus and corpus.language else ""
    return [each for each in (kind, language) if each]


def _speech() -> dict[str, str]:
    """Kind of speech of each corpus."""
    text = files("featser.reporting").joinpath("speech.toml").read_text(encoding="utf-8")
    return {name: kind for kind, names in loads(text).items() for name in names}
