"""Show that the time to grade a class grows with its size: classes of 10, 100 and 1000, mostly copies and small changes.

    python benchmarks/class_growth.py [--sizes 10,100,1000] [--jobs 2] [--picture docs/pictures/class_growth.svg]

Seven in ten are copies of earlier ones (they are graded once), two in ten the reference with a comment of their own, one
in ten has a network of its own.  Each class is graded with an empty memory of trainings.  The picture is written where
``--picture`` says; the table is printed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from class_speed import own_networks
from class_tools import Setting, start_again
from measured import Measured, run_ours

from autograder.grading import default_jobs
from autograder.labs import find_root, reference_path
from autograder.source import make_filled

_LAB = "mnist"


def write_growing_class(root: Path, folder: Path, size: int) -> list[Path]:
    """Write a class in which most are copies of one another."""
    text = make_filled(reference_path(root, _LAB).read_text(encoding="utf-8"), f"solutions/{_LAB}/{_LAB}.py")
    folder.mkdir(parents=True)
    own = own_networks(text)
    distinct: list[str] = []
    paths = []
    for number in range(size):
        kind = number % 10
        if kind == 0:
            distinct.append(next(own))
        elif kind in (1, 2):
            distinct.append(f"{text}\n# Handed in by student {number}.\n")
        code = distinct[-1] if kind <= 2 else distinct[number % len(distinct)]  # noqa: PLR2004 - three kinds of ten
        path = folder / f"s{number:05d}.py"
        path.write_text(code, encoding="utf-8")
        paths.append(path)
    return paths


def draw(sizes: list[int], runs: list[Measured], path: Path) -> None:
    """Draw seconds against submissions, with the line through the largest class and the origin."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "class growth"
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.loglog(sizes, [run.seconds for run in runs], "o-", label="measured")
    slope = runs[-1].seconds / sizes[-1]
    axes.loglog(sizes, [slope * size for size in sizes], ":", label="proportional to the class")
    axes.set_xlabel("submissions")
    axes.set_ylabel("seconds")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,100,1000")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    root, sizes = find_root(Path(__file__).parent), [int(size) for size in options.sizes.split(",")]
    runs = []
    print("| submissions | seconds | seconds a submission | peak memory, MiB |\n|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="class-growth-") as folder:
            work = Path(folder)
            work.chmod(0o755)
            setting = Setting(root, _LAB, {}, work)
            start_again(setting)
            found = run_ours(setting, write_growing_class(root, work / "class", size), options.jobs or default_jobs())
        runs.append(found)
        memory = found.peak_bytes / 2**20
        print(f"| {size} | {found.seconds:.1f} | {found.seconds / size:.2f} | {memory:.0f} |", flush=True)
    if options.picture:
        draw(sizes, runs, options.picture)


if __name__ == "__main__":
    main()
