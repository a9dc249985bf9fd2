"""Submissions graded by the real ``otter run``, from a zip that our export made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["otter_run", "points_of"]


def otter_run(package: Path, submission: Path, out: Path) -> dict[str, Any]:
    """Grade one submission and return the ``results.json`` that Otter wrote."""
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "otter", "run", str(submission), "-a", str(package), "-o", str(out), "--no-logo"],
        cwd=out,
        env={**os.environ, "TMPDIR": str(out)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    found: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return found


def points_of(results: dict[str, Any]) -> dict[str, float]:
    """Return the points of each question; Otter reports those of functions only."""
    return {row["name"]: row["score"] for row in results["tests"]}
