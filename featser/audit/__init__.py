"""What is wrong with recordings before anything is learnt from them."""

from featser.audit.auditing import Audit, audit
from featser.audit.faults import FAULTS
from featser.audit.findings import SEVERITIES, Collection, Finding, Recording
from featser.audit.measuring import Measured, measure
from featser.audit.page import page, write_page
from featser.audit.properties import recording_properties

__all__ = [
    "FAULTS",
    "SEVERITIES",
    "Audit",
    "Collection",
    "Finding",
    "Measured",
    "Recording",
    "audit",
    "measure",
    "page",
    "recording_properties",
    "write_page",
]
