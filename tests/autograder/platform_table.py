"""Feed the same submissions of a lab through every platform, and print whether the points are equal.

    python tests/autograder/platform_table.py [LAB...] [--submissions 10] [--jobs 2]

Each is graded by ``autograder grade``, by the Gradescope zip in a container's place, by the real ``otter run`` and by the
real ``nbgrader autograde``; ``--jobs`` platforms are at work side by side.  The exit code is 1 where the points of a
question differ anywhere.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from gradescope_like import Container  # noqa: E402
from nbgrader_course import Course  # noqa: E402
from nbgrader_course import points_of as nbgrader_points  # noqa: E402
from otter_runs import otter_run  # noqa: E402
from otter_runs import points_of as otter_points  # noqa: E402

from autograder.exporters.gradescope import export_gradescope  # noqa: E402
from autograder.exporters.otter import export_otter  # noqa: E402
from autograder.labs import find_root, lab_ids, load_lab  # noqa: E402
from autograder.model import Lab  # noqa: E402
from autograder.specimens import Specimen, combine_wrong, load_specimens, write_specimen  # noqa: E402

ROOT = find_root(HERE)
Points = dict[str, float]
Class = dict[str, Path]
# How many of each kind make ten; those of one file, which every platform takes.
SHARES = {"notebook": 1, "right": 2, "several": 4, "careless": 1, "hostile": 1, "stub": 1}
DECIMALS = 2


def chosen(lab_id: str, n: int) -> list[Specimen]:
    """Return specimens of every kind, of one file all of them."""
    known = [*load_specimens(ROOT, lab_id), *combine_wrong(ROOT, lab_id)]
    found: list[Specimen] = []
    for kind, share in SHARES.items():
        found += [one for one in known if _kind_of(one) == kind][: max(1, round(share * n / 10))]
    return found[:n]


def _kind_of(specimen: Specimen) -> str:
    """Return which share a specimen belongs to; empty for one of several files, which have names of their own."""
    if ".ipynb" in specimen.package.files:
        return "notebook" if specimen.kind == "right" else ""
    several = specimen.name.startswith("several-")
    return ("several" if several else specimen.kind) if ".py" in specimen.package.files else ""


def hand_in(specimens: list[Specimen], lab_id: str, folder: Path) -> Class:
    """Write each as ``<student>/<lab>.py`` or ``.ipynb``."""
    written: Class = {}
    for specimen in specimens:
        place = folder / specimen.name
        place.mkdir(parents=True)
        path = write_specimen(specimen, place)
        written[specimen.name] = path.rename(place / f"{lab_id}{path.suffix}")
    return written


def by_grade(lab: Lab, students: Class, work: Path) -> dict[str, Points]:
    """Grade the class by the command."""
    folder = next(iter(students.values())).parent.parent
    command = [sys.executable, "-m", "autograder.cli", "grade", lab.id, str(folder), "--many", "--json"]
    done = subprocess.run([*command, "--out", str(work)], cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        result["submission"]: {q["id"]: q["score"] for q in result["questions"] if q["score"] is not None}
        for result in json.loads(done.stdout)["results"]
    }


def by_gradescope(lab: Lab, students: Class, work: Path) -> dict[str, Points]:
    """Grade each in the place of Gradescope's container."""
    work.mkdir()
    work.chmod(0o755)
    container = Container.build(export_gradescope(ROOT, lab.id, work / "lab.zip", "en"), work)
    found: dict[str, Points] = {}
    for name, path in students.items():
        code, printed, results = container.run(path)
        assert code == 0, printed
        assert results is not None, printed
        found[name] = {}
        for row in results["tests"]:
            if "score" in row:
                question = row["tags"][0]
                found[name][question] = found[name].get(question, 0.0) + row["score"]
    return found


def by_otter(lab: Lab, students: Class, work: Path) -> dict[str, Points]:
    """Grade each by ``otter run``."""
    work.mkdir()
    package = export_otter(ROOT, lab.id, work / f"{lab.id}.zip", "en")
    return {name: otter_points(otter_run(package, path, work / name)) for name, path in students.items()}


def by_nbgrader(lab: Lab, students: Class, work: Path) -> dict[str, Points]:
    """Grade the class by ``nbgrader autograde``."""
    course = Course.make(work, lab.id)
    for name, path in students.items():
        course.hand_in(name, path)
    course.run("autograde", lab.id)
    return {
        name: {question: points for question, points in nbgrader_points(course, name).items() if points is not None}
        for name in students
    }


PLATFORMS: dict[str, Callable[[Lab, Class, Path], dict[str, Points]]] = {
    "autograder grade": by_grade,
    "Gradescope": by_gradescope,
    "otter run": by_otter,
    "nbgrader autograde": by_nbgrader,
}


def start(
    lab: Lab, n: int, folder: Path, pool: ThreadPoolExecutor
) -> tuple[Class, dict[str, Future[dict[str, Points]]]]:
    """Hand in a lab's submissions and let the platforms grade them when it is their turn."""
    students = hand_in(chosen(lab.id, n), lab.id, folder / "handed-in")

    def graded(platform: str, place: int) -> dict[str, Points]:
        """Grade the class on one platform and say so."""
        found = PLATFORMS[platform](lab, students, folder / f"platform-{place}")
        Console(stderr=True).print(f"{lab.id}: {len(students)} submissions graded by {platform}")
        return found

    return students, {platform: pool.submit(graded, platform, place) for place, platform in enumerate(PLATFORMS)}


def compare(lab: Lab, students: Class, found: dict[str, dict[str, Points]], console: Console) -> bool:
    """Print one lab's table; return whether all points are equal."""
    table = Table("submission", *PLATFORMS, "questions that differ", title=lab.id, title_justify="left")
    equal = True
    for name in students:
        points = [{q: round(found[platform][name].get(q, 0.0), DECIMALS) for q in lab.coded} for platform in PLATFORMS]
        differing = [question for question in lab.coded if len({one[question] for one in points}) > 1]
        equal = equal and not differing
        table.add_row(name, *(f"{sum(one.values()):.2f}" for one in points), ", ".join(differing) or "none")
    console.print(table)
    return equal


def main() -> int:
    """Print a table a lab."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="LAB", default=lab_ids(ROOT), help="by default all")
    parser.add_argument("--submissions", type=int, default=10, help="of each lab")
    parser.add_argument("--jobs", type=int, default=2, help="platforms side by side")
    options = parser.parse_args()
    console, equal = Console(width=140), True
    pool = ThreadPoolExecutor(options.jobs)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        labs = [load_lab(ROOT, lab_id) for lab_id in options.labs]
        started = [start(lab, options.submissions, Path(folder) / lab.id, pool) for lab in labs]
        try:
            for lab, (students, platforms) in zip(labs, started, strict=True):
                found = {platform: graded.result() for platform, graded in platforms.items()}
                equal = compare(lab, students, found, console) and equal
        finally:
            pool.shutdown(cancel_futures=True)  # or what failed would be told after hours of what still waited
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
