"""Explanations in the terminal."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from featser.bundle import Model
    from featser.bundle.prediction import Predictions
    from featser.explain import Explanation, WordShare

_N_SHOWN = 4
"""Words and families in the terminal; JSON has all."""

_METHODS = {
    "linear": "contributions to log odds, exact",
    "trees": "contributions to log odds, XGBoost's own",
    "occlusion": "change of the log odds without the features, approximate",
}


def explanations_of(
    model: "Model", predictions: "Predictions", speakers: str | None, enrol: "list[Path] | None", jobs: int | None
) -> "list[Explanation]":
    """Explain the results of a prediction, whose features are in the cache by now.

    Parameters
    ----------
    model : Model
    predictions : Predictions
    speakers, enrol, jobs
        options of the prediction

    Returns
    -------
    list of Explanation
        one per result
    """
    from featser.explain import explain

    paths = [each.path for each in predictions.results]
    return explain(model, paths, speakers, enrol or [], jobs=jobs) if paths else []


def with_explanations(document: dict[str, Any], explanations: "Sequence[Explanation]") -> dict[str, Any]:
    """Add explanations to the results of a document.

    Parameters
    ----------
    document : dict
        of `featser.bundle.prediction.document`; modified in place
    explanations : sequence of Explanation
        one per result, or none

    Returns
    -------
    dict
        the same document; the key ``explanation`` of a result without answer is None
    """
    for result, explanation in zip(document["results"], explanations, strict=False):
        result["explanation"] = asdict(explanation) if result["answered"] else None
    return document


def show_explanations(predictions: "Predictions", explanations: "Sequence[Explanation]") -> None:
    """Print an explanation of each answer: words that speak for it, and families with the largest contributions.

    Parameters
    ----------
    predictions : Predictions
    explanations : sequence of Explanation
        one per result; nothing is printed without any, or for a result without answer
    """
    for result, each in zip(predictions.results, explanations, strict=False):
        if not result.answered:
            continue
        families = [f"{name} {share:+.2f}" for name, share in list(each.families.items())[:_N_SHOWN]]
        lines = [f"\n{result.path}: {each.emotion} ({_METHODS[each.method]})"]
        for sign, title in ((1, "for"), (-1, "against")):
            words = sorted((word for word in each.words if word.contribution * sign > 0), key=_size, reverse=True)
            if words:
                said = "; ".join(f"{word.phrase} ({word.contribution:+.2f})" for word in words[:_N_SHOWN])
                lines.append(f"  {title}: {said}")
        lines.append(f"  families: {', '.join(families)}; compared with {each.against}")
        sys.stdout.write("\n".join(lines) + "\n")


def _size(word: "WordShare") -> float:
    return abs(word.contribution)
