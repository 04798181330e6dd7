"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ABSTAIN = 0.03
"""`featser.guard.LEVEL`, without the libraries that it imports; a test compares both."""

Abstain = Annotated[
    float,
    typer.Option(
        help="No answer for sounds less usual than this among training speech; 0 always answers.", min=0, max=1
    ),
]

Enrol = Annotated[
    list[Path] | None,
    typer.Option(
        help="Unlabelled recordings of the speaker, for a model fitted with --normalise speaker or enrolment:K"
    ),
]
