"""A run: one pipeline, scored on one table under one protocol and normalisation."""

from dataclasses import dataclass, field
from typing import Any

FORMAT = 3


@dataclass(frozen=True)
class Run:
    """Settings, scores and costs of one run; the content of ``run.json``.

    Attributes
    ----------
    run : str
        name, as `run_name` makes it; also the folder's
    pipeline, title, model : str
        pipeline name, its title, and the model in it
    parameters : dict
        of the model as the pipeline gives them; where a search starts, if there is one
    features : str
        name of the feature set
    n_features : int
        feature columns that the pipeline uses
    clean : list of str
        cleaning steps before the features
    corpus : str
        corpus, or several joined by ``+``
    protocol, normalise : str
        as resolved; see `PROTOCOLS` and `NORMALISATIONS`
    leaky : bool
        whether the score is inflated by a leak
    seed : int
        of everything random
    n_utterances, n_speakers, n_folds : int
        tested utterances, their speakers, and folds
    classes : list of str
        emotions, in alphabetical order
    uar, uar_low, uar_high : float
        pooled over all out-of-fold predictions, with its 95 % interval over speakers; the interval is None for fewer
        than three speakers. Under ``leave-one-corpus-out`` it is the mean of the UARs of the corpora
    war, macro_f1, macro_precision, macro_recall : float
        0 to 1, pooled; ``macro_recall`` is the mean of ``recall``
    recall, precision : dict
        emotion -> 0 to 1
    log_loss, brier, ece, aurc : float
        as the functions of `featser.evaluation.calibration` return them
    confusion : list of lists
        counts, rows = truth, columns = predicted, in the order of ``classes``
    uar_by_speaker : dict
        speaker -> UAR over the emotions that the speaker has
    right_by_speaker, spoken_by_speaker : dict
        speaker -> correct answers and tested utterances, in the order of ``classes``; empty where some speaker is
        unknown
    reliability, risk_coverage : list
        as `featser.evaluation.calibration` returns them
    conformal : dict
        as `featser.evaluation.conformal.conformal_summary` returns it; empty where there are no prediction sets
    copies : list of str
        changes whose augmented copies of the recordings were trained on; copies are not tested
    leaks : list of str
        one sentence for each leak; empty for an honest run
    checks : list of str
        leak checks that the folds passed or failed, by name; empty where none was recorded
    tuning : dict
        what a search over parameters did: ``inner_uar``, ``outer_uar``, ``n_trials``, and in ``chosen`` the
        parameters of each fold; empty without a search
    guard : dict
        of the trained model: ``level``, ``false_alarms`` on utterances of unseen speakers, ``reversed``, and
        ``caught``, the share of synthetic sounds of each kind that are rejected; empty where there is none
    enrolment : dict
        with speaker normalisation: number of unlabelled recordings of a new voice -> ``uar``, ``uar_low``,
        ``uar_high`` and ``conformal``; empty otherwise
    added : dict
        corpora that are in the training part of every fold and never tested: name -> numbers of utterances, copies and
        speakers, utterances left out per emotion, and a digest; empty without ``--with``
    labels : dict
        label map: its ``name``, ``map`` (label -> emotion) and ``left_out`` (label -> utterances); empty without one
    by_corpus : dict
        under ``leave-one-corpus-out``: corpus -> ``uar``, ``uar_low``, ``uar_high``, ``n_utterances``, ``n_speakers``
        and ``classes``; empty otherwise
    adapted : dict
        of a model that can be adapted to recordings without labels, under ``leave-one-corpus-out`` with normalisation
        by speaker: scores of adapting to each corpus in turn, as `featser.evaluation.scoring.adapted_scores` returns
        them; empty otherwise
    sexes : dict
        speaker -> sex, where the manifest states it
    words : dict
        emotion -> acoustic word -> difference from the usual voice of the speakers and its unit, as
        `featser.explain.emotion_profile` returns it; empty where it was not measured
    utterances, columns : str
        digests of the tested utterances (with speakers and labels) and of the names of the feature columns
    seconds : dict
        ``fit`` and ``predict``, in seconds, summed over folds; ``extract``, the seconds to compute the features of one
        second of sound, where featser computes them
    machine : str
        processor that ``seconds`` were measured on
    n_parameters, model_bytes : int, optional
        weights of the trained model where it counts them, and the size of its file in bytes
    versions, code : dict
        versions of libraries, and digests as `featser.evaluation.environment.code_digests` returns them
    format : int
        of this document
    """

    run: str
    pipeline: str
    title: str
    model: str
    parameters: dict[str, Any]
    features: str
    n_features: int
    clean: list[str]
    corpus: str
    protocol: str
    normalise: str
    leaky: bool
    seed: int
    n_utterances: int
    n_speakers: int
    n_folds: int
    classes: list[str]
    uar: float
    uar_low: float | None
    uar_high: float | None
    war: float
    macro_f1: float
    recall: dict[str, float]
    log_loss: float
    ece: float
    confusion: list[list[int]]
    uar_by_speaker: dict[str, float]
    seconds: dict[str, float]
    versions: dict[str, str]
    macro_precision: float = 0.0
    macro_recall: float = 0.0
    precision: dict[str, float] = field(default_factory=dict)
    brier: float = 0.0
    aurc: float = 0.0
    reliability: list[dict[str, float]] = field(default_factory=list)
    risk_coverage: list[list[float]] = field(default_factory=list)
    right_by_speaker: dict[str, list[int]] = field(default_factory=dict)
    spoken_by_speaker: dict[str, list[int]] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    tuning: dict[str, Any] = field(default_factory=dict)
    conformal: dict[str, Any] = field(default_factory=dict)
    guard: dict[str, Any] = field(default_factory=dict)
    enrolment: dict[str, dict[str, Any]] = field(default_factory=dict)
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    by_corpus: dict[str, dict[str, Any]] = field(default_factory=dict)
    adapted: dict[str, Any] = field(default_factory=dict)
    sexes: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, Any]] = field(default_factory=dict)
    utterances: str = ""
    columns: str = ""
    machine: str = ""
    n_parameters: int | None = None
    model_bytes: int | None = None
    code: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
