"""Studies: experiments around one pipeline, each with a table, a picture and computed points that are kept."""

from featser.studies.changed import Recordings
from featser.studies.files import points_of, read_studies, write_study
from featser.studies.inputs import Inputs, make_inputs, scored
from featser.studies.points import Points, frame_digest
from featser.studies.registry import STUDIES
from featser.studies.study import Drawing, Study

__all__ = [
    "STUDIES",
    "Drawing",
    "Inputs",
    "Points",
    "Recordings",
    "Study",
    "frame_digest",
    "make_inputs",
    "points_of",
    "read_studies",
    "scored",
    "write_study",
]
