"""``python -m featser``."""

from featser.cli import main

main()
