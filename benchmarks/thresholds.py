"""Measure how far each threshold of a lab stands from right and from wrong answers, over 20 seeds.

    python benchmarks/thresholds.py mnist [--seeds 20]

prints, for the data that grading uses here (set COURSE_DATA for the real ones), what the cases that the suite declares in
``tests/labs/<lab>/margins.py`` reach.
"""

from __future__ import annotations

import argparse

from autograder.bench import Bench
from autograder.labs import find_root, lab_ids, load_lab
from autograder.margins import declares_margins, measure_margins


def main() -> None:
    """Print one row a case."""
    root = find_root()
    with_margins = [lab for lab in lab_ids(root) if declares_margins(root, lab)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", choices=with_margins)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench(load_lab(root, options.lab))
    try:
        print(f"data: {bench.kind}; {options.seeds} seeds")
        print("| question | answer | case | min | mean | max | deviation |\n|---|---|---|---|---|---|---|")
        for found in measure_margins(bench, root, options.seeds):
            low, high = min(found.values), max(found.values)
            row = f"{low:.3f} | {found.mean:.3f} | {high:.3f} | {found.deviation:.3f}"
            case = found.case
            print(f"| {case.question} | {case.verdict} | {case.name} | {row} |", flush=True)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
