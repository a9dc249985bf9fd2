"""Grade the same class by this project and by four other graders, alternating, and say how fast each is.

    python benchmarks/class_speed.py [--students 4] [--sample 0] [--jobs 2] [--rounds 2] [--tools pytest,otter]

Half of the class hands in the reference's three architectures, half has one model of its own each; no two files are the
same.  The others run the very same checks, each submission in a fresh process of its own, in which the student's
functions are called, and the three networks are trained, by TensorFlow with its defaults (`in_process.py`); as many of
these processes run side by side as this project has workers.  This project grades the class in one command, before and
after the others, each time with an empty memory of trainings.  One submission is graded by everybody first, untimed, so
that files are in memory and Matplotlib knows its fonts.

For the others each submission costs the same however many there are, since nothing is kept from one to the next: with
``--sample`` they grade an even choice of the class, and their rates are those of the choice.

Otter's and nbgrader's times are those of their commands, one a submission: starting the command is part of them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from class_profile import profile
from class_tools import TOOLS, Setting, Tool, start_again
from in_process import list_checks
from measured import Measured, run_lanes, run_ours

from autograder.grading import default_jobs
from autograder.labs import find_root, reference_path
from autograder.source import make_filled

_LAB = "mnist"
_MIB = 2**20


def write_class(root: Path, folder: Path, students: int) -> list[Path]:
    """Write the class: the first half as the reference, the others with a hidden layer, or filters, of their own."""
    text = make_filled(reference_path(root, _LAB).read_text(encoding="utf-8"), f"solutions/{_LAB}/{_LAB}.py")
    folder.mkdir(parents=True)
    own = iter(own_networks(text))
    paths = []
    for number in range(students):
        code = text if number < (students + 1) // 2 else next(own)
        path = folder / f"s{number:04d}.py"
        path.write_text(f"{code}\n# Handed in by student {number}.\n", encoding="utf-8")
        paths.append(path)
    return paths


def own_networks(text: str) -> Iterator[str]:
    """Yield modules with one model of their own: each has another number of units in one hidden layer."""
    for step in range(1, 10_000):
        for line, units in (("layers.Dense(50, ", 50), ("layers.Dense(128, ", 128)):
            before, found, after = text.rpartition(line) if units == 50 else text.partition(line)  # noqa: PLR2004
            if found:
                yield f"{before}{line.replace(str(units), str(units + step))}{after}"


def even_choice(submissions: list[Path], count: int) -> list[Path]:
    """Return so many of the submissions, as far from each other as they can be; all where there are no more."""
    n = min(count, len(submissions))
    return [submissions[place * len(submissions) // n] for place in range(n)]


def compare(setting: Setting, submissions: list[Path], tools: Sequence[Tool], options: argparse.Namespace) -> None:
    """Run everybody in turns and print a table."""
    jobs = options.jobs or default_jobs()
    lanes = {tool.name: [setting.work / tool.name.replace(" ", "-") / str(n) for n in range(jobs)] for tool in tools}
    for tool in tools:
        for lane in lanes[tool.name]:
            tool.prepare(setting, lane)
    print("warming up: one submission each, untimed", flush=True)
    run_ours(setting, submissions[:1], 1)
    for tool in tools:
        run_lanes(setting, tool, submissions[:1], lanes[tool.name][:1])
    sample = even_choice(submissions, options.sample or len(submissions))
    # Whole rows of lanes: three submissions on two of them would keep one waiting.
    size = jobs * -(-len(sample) // (jobs * options.rounds))
    chunks = [sample[start : start + size] for start in range(0, len(sample), size)]
    ours = [_ours(setting, submissions, jobs)]
    others: dict[str, list[Measured]] = {tool.name: [] for tool in tools}
    for number, chunk in enumerate(chunks, start=1):
        for tool in tools:
            found = run_lanes(setting, tool, chunk, lanes[tool.name])
            others[tool.name].append(found)
            print(f"  round {number}: {tool.name}: {found.count} in {found.seconds:.1f} s", flush=True)
    ours.append(_ours(setting, submissions, jobs))
    _print_table(ours, others)


def _ours(setting: Setting, submissions: list[Path], jobs: int) -> Measured:
    start_again(setting)
    found = run_ours(setting, submissions, jobs)
    print(f"  this project: {found.count} in {found.seconds:.1f} s", flush=True)
    return found


def _print_table(ours: list[Measured], others: dict[str, list[Measured]]) -> None:
    base = _rate(ours)
    print("\n| grader | submissions an hour | this project's, times | peak memory, MiB | checks passed |")
    print("|---|---|---|---|---|")
    for name, runs in [("this project", ours), *others.items()]:
        memory = max(run.peak_bytes for run in runs) / _MIB
        one = "" if name == "this project" else f" ({max(run.process_bytes for run in runs) / _MIB:.0f} one process)"
        shares = [share for run in runs for share in run.passed]
        passed = f"{sum(shares) / len(shares):.1%}" if shares else "–"
        print(f"| {name} | {3600 * _rate(runs):.0f} | {base / _rate(runs):.1f} | {memory:.0f}{one} | {passed} |")


def _rate(runs: list[Measured]) -> float:
    return sum(run.count for run in runs) / sum(run.seconds for run in runs)


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=4, help="size of the class; the full run has 50")
    parser.add_argument("--sample", type=int, default=0, help="how many of the class the others grade; 0: all")
    parser.add_argument("--jobs", type=int, default=0, help="processes side by side, for everybody; 0: one a core")
    parser.add_argument("--rounds", type=int, default=2, help="in how many parts the others take the class")
    parser.add_argument("--tools", default="", help="only those whose name contains one of these, by commas")
    parser.add_argument("--no-profile", action="store_true", help="leave out where this project's time goes")
    options = parser.parse_args()
    wanted = [word for word in options.tools.split(",") if word]
    tools = [tool for tool in TOOLS if not wanted or any(word in tool.name for word in wanted)]
    root = find_root(Path(__file__).parent)
    with tempfile.TemporaryDirectory(prefix="class-speed-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        submissions = write_class(root, work / "class", options.students)
        setting = Setting(root, _LAB, list_checks(root, _LAB), work)
        compare(setting, submissions, tools, options)
        if not options.no_profile:
            print(profile(setting, submissions))


if __name__ == "__main__":
    main()
