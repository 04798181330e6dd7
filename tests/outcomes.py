"""What a command leaves behind, and how tests read it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str


def one_line(outcome: Outcome) -> str:
    """The single line of an error, checked to be one."""
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("featser: ")]
    assert len(lines) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    return lines[0].removeprefix("featser: ")
