"""Measure a submission in Gradescope's place: the zip, the time and the memory of a run in a fresh container.

    python benchmarks/gradescope_cold.py [LAB ...] [--times 3] [--cores 1]

prints a table for the documentation, in Markdown.  The lab's zip is built and installed once, as Gradescope builds an
image; then its first right module is graded again and again, each time from the image as it was built, in turns with an
import of TensorFlow alone on the same cores.  Gradescope gives a container half a core unless more is asked for: whoever
leaves it there waits at least twice as long as on one.  Memory is the most that all processes of a run had together,
pages that they share counted once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measured import Memory, import_seconds

from autograder.exporters.gradescope import export_gradescope
from autograder.labs import find_root, lab_ids, load_lab
from autograder.specimens import Specimen, load_specimens, write_specimen

ROOT = find_root(Path(__file__).parent)
sys.path.insert(0, str(ROOT / "tests" / "autograder"))

from gradescope_like import Container  # noqa: E402 - from where the tests keep it

_MIB = 2**20


def first_right_module(lab_id: str) -> Specimen:
    """Return the lab's first right specimen that is one module."""
    return next(one for one in load_specimens(ROOT, lab_id) if one.kind == "right" and ".py" in one.package.files)


def measure(lab_id: str, times: int) -> str:
    """Grade one submission several times in fresh containers; return the table's row.

    Raises:
        SystemExit: It does not get its points.
    """
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        base.chmod(0o755)
        package = export_gradescope(ROOT, lab_id, base / "lab.zip", "en")
        container = Container.build(package, base / "autograder")
        submission = write_specimen(first_right_module(lab_id), base)
        image, cache = base / "image", base / "autograder" / "source" / "cache"
        shutil.copytree(cache, image)
        runs, imports, memory = [], [], Memory()
        memory.start()
        try:
            for _ in range(times):
                imports.append(import_seconds())
                shutil.rmtree(cache)
                shutil.copytree(image, cache)
                runs.append(_run(container, submission, memory, lab_id))
        finally:
            memory.stop()
        run, alone = statistics.median(runs), statistics.median(imports)
        size = package.stat().st_size / _MIB
    return f"| `{lab_id}` | {size:.2f} | {run:.0f} | {alone:.1f} | {run / alone:.1f} | {memory.peak / _MIB:.0f} |"


def _run(container: Container, submission: Path, memory: Memory, lab_id: str) -> float:
    started = time.monotonic()
    process = container.start(submission)
    memory.follow(process.pid)
    printed, _nothing = process.communicate()
    seconds = time.monotonic() - started
    coded = float(sum(question.points for question in load_lab(ROOT, lab_id).coded.values()))
    results = container.results()
    if results is None or abs(results["score"] - coded) > 1e-3:  # noqa: PLR2004 - scores are rounded to four decimals
        message = f"{lab_id}: {submission.name} should have {coded:g} points: {printed or results}"
        raise SystemExit(message)
    return seconds


def main() -> None:
    """Print one row a lab."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="LAB")
    parser.add_argument("--times", type=int, default=3, help="runs of each lab")
    parser.add_argument("--cores", type=int, default=1, help="how many cores everything shares")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    print(f"{options.cores} core(s); medians of {options.times} runs\n")
    print("| lab | zip, MiB | a fresh run, s | importing TensorFlow, s | run / importing | peak memory, MiB |")
    print("|---|---|---|---|---|---|")
    for lab_id in options.labs or lab_ids(ROOT):
        print(measure(lab_id, options.times), flush=True)


if __name__ == "__main__":
    main()
