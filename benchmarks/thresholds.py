"""Measure how far each threshold of a lab stands from right and from wrong answers, over 20 seeds.

    python benchmarks/thresholds.py mnist [--seeds 20]

prints, for the data that grading uses here (set COURSE_DATA for the real ones), what the cases that the suite declares in
``tests/labs/<lab>/margins.py`` reach.
"""

from __future__ import annotations

import argparse
import runpy
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.bench import Bench
from autograder.labs import find_root, lab_ids, load_lab, suite_path
from autograder.margins import Case


def declared(path: Path) -> Callable[[Bench], Iterator[Case]]:
    """Return the function ``cases`` of a suite's module of margins."""
    found: Callable[[Bench], Iterator[Case]] = runpy.run_path(str(path))["cases"]
    return found


def main() -> None:
    """Print one row a case."""
    root = find_root()
    with_margins = [lab for lab in lab_ids(root) if (suite_path(root, lab) / "margins.py").is_file()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", choices=with_margins)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench(load_lab(root, options.lab))
    try:
        print(f"data: {bench.kind}; {options.seeds} seeds")
        print("| question | answer | case | min | mean | max | deviation |\n|---|---|---|---|---|---|---|")
        for case in declared(suite_path(root, options.lab) / "margins.py")(bench):
            found = [case.measure(seed) for seed in range(options.seeds)]
            bench.workshop.leave()
            row = f"{min(found):.3f} | {statistics.mean(found):.3f} | {max(found):.3f} | {statistics.pstdev(found):.3f}"
            print(f"| {case.question} | {case.verdict} | {case.name} | {row} |", flush=True)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
