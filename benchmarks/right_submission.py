"""Measure how long a right submission of each lab takes to grade, beside importing TensorFlow in the same run.

    python benchmarks/right_submission.py [LAB ...] [--times 5]

prints a table for the documentation, in Markdown.  One worker grades the lab's reference, handed in as a module, again and again.  The
first time counts its start, in which TensorFlow is loaded, and what the judge learns about architectures that it meets
for the first time, unless the user's cache knows them from another day; after that the worker is warm, as it is in the
middle of a class.  Seconds depend on the machine and on what else it does; their ratio to an import of TensorFlow,
measured right before and after, depends on them much less.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measured import import_seconds

from autograder.course_data import data_kind
from autograder.judge import Judge
from autograder.labs import find_root, lab_ids, load_lab, reference_path
from autograder.orders import WorkerOptions
from autograder.source import make_filled
from autograder.submissions import Entry, read_submission


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each grading of one submission, in order, and of imports of TensorFlow around them."""

    lab: str
    gradings: tuple[float, ...]
    imports: tuple[float, ...]

    @property
    def row(self) -> str:
        """The table's row."""
        again, alone = statistics.median(self.gradings[1:]), statistics.median(self.imports)
        return f"| `{self.lab}` | {self.gradings[0]:.1f} | {again:.1f} | {alone:.1f} | {again / alone:.2f} |"


def measure(root: Path, lab_id: str, times: int) -> Timing:
    """Grade the reference of a lab several times on one worker.

    Raises:
        SystemExit: It does not get a result.
    """
    lab = load_lab(root, lab_id)
    reference = reference_path(root, lab_id)
    text = make_filled(reference.read_text(encoding="utf-8"), f"solutions/{lab_id}/{lab_id}.py")
    before = import_seconds()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        for part in (out / ".graded", out / "results", out / "feedback"):
            part.mkdir(parents=True)
        module = Path(folder, f"{lab_id}.py")
        module.write_text(text, encoding="utf-8")
        entry = Entry("right", module)
        submission = read_submission(entry, lab_id, [question.id for question in lab.questions])
        judge = Judge(WorkerOptions(str(root), lab_id, str(out)), lab.limits, Path(folder))
        try:
            gradings = []
            for _ in range(times + 1):
                seconds, reason = judge.grade("right", submission)
                if reason is not None:
                    raise SystemExit(f"{lab_id}: {reason.en}")
                gradings.append(seconds)
        finally:
            judge.close()
        return Timing(lab_id, tuple(gradings), (before, import_seconds()))


def main() -> None:
    """Print one row a lab."""
    root = find_root()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="LAB")
    parser.add_argument("--times", type=int, default=5, help="gradings after the first one")
    options = parser.parse_args()
    print(f"data: {data_kind()}; seconds on one worker, median of {options.times} gradings after the first\n")
    print("| lab | first | warm | importing TensorFlow | warm / importing |\n|---|---|---|---|---|")
    for lab_id in options.labs or lab_ids(root):
        print(measure(root, lab_id, options.times).row, flush=True)


if __name__ == "__main__":
    main()
