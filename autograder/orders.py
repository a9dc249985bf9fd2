"""What a worker is told: its options once, then a submission at a time, both as JSON."""

from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.model import Submission
from shared.text import Language

__all__ = [
    "Trial",
    "WorkerOptions",
    "decode_options",
    "decode_submission",
    "encode_submission",
    "worker_command",
]


@dataclass(frozen=True, slots=True)
class Trial:
    """What an audit asks of a worker beyond what a class needs.

    ``seed``: what random generators and hashes start from; ``check_seconds``: a shorter limit, for mutants that never
    end; ``notes_calls``: whether to store which of the submission's functions each question's checks call;
    ``stops_at_failure``: whether the rest of a question is skipped once a check of it has not passed.
    """

    seed: int = 0
    check_seconds: float | None = None
    notes_calls: bool = False
    stops_at_failure: bool = False


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker is told once, at its start; with ``keeps_partial`` it stores what is known after each check."""

    root: str
    lab: str
    out: str
    language: Language = "en"
    unsafe: bool = False
    keeps_partial: bool = False
    trial: Trial = field(default_factory=Trial)


def worker_command(options: WorkerOptions, scratch: Path) -> list[str]:
    """Return the command by which this process starts a worker of its own, with a folder for temporary files."""
    told = (json.dumps(asdict(options)), str(os.getpid()), str(scratch))
    return [sys.executable, "-P", "-m", "autograder.worker", *told]


def decode_options(told: str) -> WorkerOptions:
    """Return the options that `worker_command` wrote."""
    document = json.loads(told)
    return WorkerOptions(**(document | {"trial": Trial(**document["trial"])}))


def encode_submission(submission: Submission) -> dict[str, Any]:
    """Return a submission as JSON values."""
    files = {name: base64.b64encode(content).decode() for name, content in submission.files.items()}
    return asdict(submission) | {"files": files}


def decode_submission(document: dict[str, Any]) -> Submission:
    """Return the submission that `encode_submission` wrote."""
    files = {name: base64.b64decode(content) for name, content in document["files"].items()}
    return Submission(**(document | {"files": files, "cells": tuple(document["cells"])}))
