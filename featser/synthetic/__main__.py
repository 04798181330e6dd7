"""``python -m featser.synthetic FOLDER``: write the toy corpora."""

import argparse
import sys
from pathlib import Path

from featser.synthetic.toy import write_toy


def main() -> None:
    """Write the toy corpora; print the number and size of the files."""
    parser = argparse.ArgumentParser(
        prog="python -m featser.synthetic",
        description="Write the toy corpora: synthetic speech with the file names of EmoDB and RAVDESS.",
    )
    parser.add_argument("folder", type=Path, help="target folder; data/toy in a checkout of featser")
    folder: Path = parser.parse_args().folder
    paths = write_toy(folder)
    n_bytes = sum(path.stat().st_size for path in paths)
    sys.stdout.write(f"{folder}: {len(paths)} files of synthetic speech, {n_bytes:,} bytes\n")


if __name__ == "__main__":
    main()
