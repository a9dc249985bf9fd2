"""Gradescope's container without Gradescope: its folders in a temporary place, its two programs really run.

As root they run under the approximation of Docker's default confinement that `docker_like` makes.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Container"]


@dataclass(frozen=True)
class Container:
    """What Gradescope calls ``/autograder``, and what building it printed."""

    base: Path
    built: str

    @classmethod
    def build(cls, package: Path, base: Path, python: str = sys.executable) -> Container:
        """Unpack a zip and run its ``setup.sh``, as Gradescope does once an assignment.

        Args:
            package: the autograder zip.
            base: an empty folder.
            python: what ``setup.sh`` takes for a Python that has the packages; empty to let it install everything.
        """
        source = base / "source"
        with zipfile.ZipFile(package) as archive:
            archive.extractall(source)
        for name in ("setup.sh", "run_autograder"):
            (source / name).chmod(0o755)
        environment = {**_kept_variables(), "AUTOGRADER_PYTHON": python}
        built = subprocess.run(
            [str(source / "setup.sh")], check=True, env=environment, cwd=base, stdout=subprocess.PIPE, text=True
        )
        shutil.copy(source / "run_autograder", base / "run_autograder")
        (base / "results").mkdir()
        return cls(base, built.stdout)

    def start(self, submission: Path, metadata: dict[str, Any] | str = "") -> subprocess.Popen[str]:
        """Put a submission where Gradescope does and start ``run_autograder``.

        Args:
            submission: a module, a notebook or a folder.
            metadata: what ``submission_metadata.json`` says, as it is where it is a text; empty for no such file.
        """
        for name in ("submission", "results"):
            shutil.rmtree(self.base / name, ignore_errors=True)
        (self.base / "results").mkdir()
        if submission.is_dir():
            shutil.copytree(submission, self.base / "submission")
        else:
            (self.base / "submission").mkdir()
            shutil.copy(submission, self.base / "submission")
        told = self.base / "submission_metadata.json"
        told.unlink(missing_ok=True)
        if metadata:
            told.write_text(metadata if isinstance(metadata, str) else json.dumps(metadata))
        command = [str(self.base / "run_autograder")]
        if os.geteuid() == 0:
            command = [sys.executable, str(Path(__file__).with_name("docker_like.py")), *command]
        return subprocess.Popen(
            command, cwd=self.base, env=_kept_variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, submission: Path, metadata: dict[str, Any] | str = "") -> tuple[int, str, dict[str, Any] | None]:
        """Grade a submission as `start` does; return the exit code, what was printed, and the results where there are any."""
        process = self.start(submission, metadata)
        printed, _nothing = process.communicate(timeout=600)
        return process.returncode, printed, self.results()

    def results(self) -> dict[str, Any] | None:
        """Return ``results.json`` as it is now."""
        path = self.base / "results" / "results.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def is_closed(self, name: str) -> bool:
        """Say whether others than the owner may not even look into a folder."""
        return not stat.S_IMODE((self.base / name).stat().st_mode) & 0o077


def _kept_variables() -> dict[str, str]:
    """Return what is in the container's environment too: nothing of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
