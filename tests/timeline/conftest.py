"""Models for timelines."""

import pytest

from featser.bundle import Model
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit


@pytest.fixture(scope="session")
def model(voice_model: Model) -> Model:
    return voice_model


@pytest.fixture(scope="session")
def enrolment_model(table: Table) -> Model:
    return fit(table, specification_for("logreg"), protocol="2-fold-by-speaker", normalise="enrolment:3").model
