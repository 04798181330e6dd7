"""Pipelines: which features go into which model with which parameters, and their files."""

from featser.pipeline.files import find_pipeline, read_pipeline, write_pipeline
from featser.pipeline.specification import (
    Specification,
    columns_that_fit,
    select_features,
    shaped,
    specification_for,
)
from featser.pipeline.tuning_record import TuningRecord

__all__ = [
    "Specification",
    "TuningRecord",
    "columns_that_fit",
    "find_pipeline",
    "read_pipeline",
    "select_features",
    "shaped",
    "specification_for",
    "write_pipeline",
]
