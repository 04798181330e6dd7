"""``python -m featser``."""

from featser.cli import run

run()
