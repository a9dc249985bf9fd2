"""Every exception of the tool, in one tree, so that a caller can catch as much as it means to.

AutograderError            anything the tool raises on purpose; exit code 3
├── UsageError             the command line or its paths are wrong; exit code 2
├── LabError               a lab, its suite or its texts are broken; names the file and the key
├── SubmissionError        nothing gradable was handed in; becomes a `rejected` result
├── ConfinementError       a required layer of confinement is missing on this machine
├── WireError              the bytes from a student process are not a valid frame
└── ProcessEnded           a student process died, was killed or ran out of time or memory
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.text import Text

__all__ = [
    "AutograderError",
    "ConfinementError",
    "LabError",
    "ProcessEnded",
    "SubmissionError",
    "UsageError",
    "WireError",
]


class AutograderError(Exception):
    """Something the tool refuses or cannot do; its text names the place and the remedy."""


class UsageError(AutograderError):
    """The command was called with arguments that make no sense together."""


class LabError(AutograderError):
    """A lab's own files are wrong; the text names the file, the key or line, and the remedy."""


class SubmissionError(AutograderError):
    """Nothing of the lab could be read from what was handed in."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class ConfinementError(AutograderError):
    """A layer that untrusted code needs around it is missing on this machine."""


class WireError(AutograderError):
    """What came over the wire is not a frame of ours."""


class ProcessEnded(AutograderError):  # noqa: N818 - a fact about a process, not a mistake
    """A student process is gone; ``status`` says in which way it cost the check."""

    def __init__(self, status: str, reason: Text) -> None:
        super().__init__(reason.en)
        self.status = status
        self.reason = reason
