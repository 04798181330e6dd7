"""Comparison of runs as Markdown, CSV, JSON, one HTML page, and tables on the terminal."""

from featser.reporting.certainty import sureness_words
from featser.reporting.contrast import contrast, contrast_lines, find_run
from featser.reporting.files import ReportFiles, predictions_in, report, reported_runs, write_report
from featser.reporting.groups import Group, comparison
from featser.reporting.studies import show_study
from featser.reporting.terminal import show_comparison, show_premium
from featser.reporting.text import comparison_text

__all__ = [
    "Group",
    "ReportFiles",
    "comparison",
    "comparison_text",
    "contrast",
    "contrast_lines",
    "find_run",
    "predictions_in",
    "report",
    "reported_runs",
    "show_comparison",
    "show_premium",
    "show_study",
    "sureness_words",
    "write_report",
]
