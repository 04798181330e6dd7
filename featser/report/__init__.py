"""Runs in, one comparison out: Markdown, CSV, JSON, one HTML page, and tables on the terminal. Never trains."""

from featser.report.certainty import sureness_words
from featser.report.files import ReportFiles, write_report
from featser.report.groups import Group, comparison
from featser.report.terminal import show_comparison
from featser.report.text import comparison_text

__all__ = ["Group", "ReportFiles", "comparison", "comparison_text", "show_comparison", "sureness_words", "write_report"]
