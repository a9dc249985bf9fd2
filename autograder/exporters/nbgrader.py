"""nbgrader 0.9: a lab put into a course folder, with the configuration that keeps its points out of student hands."""

from __future__ import annotations

from pathlib import Path

from autograder.errors import UsageError
from autograder.exporters.nbgrader_source import make_source
from autograder.labs import lab_ids, load_lab
from autograder.release import release
from shared.text import Language

__all__ = ["CONFIG", "JUDGED", "export_nbgrader"]

# Where the judge's own results of a lab go, in the course's folder.
JUDGED = "judged"
CONFIG = "labs_config.py"
_MAIN = "nbgrader_config.py"
_LOAD = f'load_subconfig("{CONFIG}")'
_NEW_MAIN = """\
c = get_config()
c.CourseDirectory.course_id = {course!r}
"""
_SIGN = "# Written by autograder export nbgrader, and again at each export; settings of your own go into nbgrader_config.py."
_CONFIG = """\
{sign}
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    DeduplicateIds,
    GetGrades,
    IgnorePattern,
    IncludeHeaderFooter,
    InstantiateTests,
    LimitOutput,
    LockCells,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)

from autograder.exporters.nbgrader_judge import CourseJudge, CoursePages, KeepStubs, RestoreCells

c = get_config()

c.CourseSettings.course_root = {root!r}
c.CourseSettings.language = {language!r}
c.CourseSettings.labs = {labs!r}

# Answer cells hold the stub that students get, so there is no solution in them to clear.
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    KeepStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]
# Mark schemes stand in the locked cell above each manually graded one.
c.ClearMarkScheme.enforce_metadata = False

# The judge stands in the place of Execute: student code never runs in a kernel here, so that nothing that it prints
# on standard error, and no time limit of nbgrader's, costs points.
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    RestoreCells,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    CourseJudge,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
# A student's module stays the student's: nbgrader would copy the one in source/ over it.
c.Autograde.exclude_overwriting = {{lab: [f"{{lab}}.py"] for lab in {labs!r}}}

# Hidden tests and mark schemes are for those who grade.
c.GenerateFeedback.preprocessors = [
    ClearHiddenTests,
    ClearMarkScheme,
    GetGrades,
    CoursePages,
    CSSHTMLHeaderPreprocessor,
]

# For `nbgrader validate`, which does execute: 30 s are too few for a cell that trains a network.
c.Execute.timeout = 600
"""


def export_nbgrader(root: Path, lab_id: str, out: Path, language: Language) -> Path:
    """Make a course folder for nbgrader, or add a lab to one, or bring it up to date there.

    Args:
        root: The labs' folder, which stays where it is: the judge finds suites and references in it.
        lab_id: The lab; its assignment in nbgrader has the same name.
        out: The course's folder.
        language: The language of messages and mark schemes.

    Returns:
        The course's folder.

    Raises:
        UsageError: Something that is no earlier export stands where the files are to be.
        LabError: The lab's files are wrong.
    """
    load_lab(root, lab_id)
    notebook = make_source(root, lab_id, language)
    source = release(root, lab_id, out / "source")
    (source / f"{lab_id}.ipynb").write_text(notebook, encoding="utf-8")
    # Answers are written in the notebook, where nbgrader has them marked.
    (source / "answers.md").unlink(missing_ok=True)
    labs = [name for name in lab_ids(root) if (out / "source" / name / "lab.toml").is_file()]
    config = out / CONFIG
    if config.exists() and not config.read_text(encoding="utf-8", errors="replace").startswith(_SIGN):
        message = f"{config}: not written by an earlier export; rename it, and load it from {_MAIN}"
        raise UsageError(message)
    words = _CONFIG.format(sign=_SIGN, root=str(root.absolute()), language=language, labs=labs)
    config.write_text(words, encoding="utf-8")
    _load_config(out)
    return out


def _load_config(out: Path) -> None:
    """Let the course's own configuration load ours; what else stands in it is left alone."""
    main = out / _MAIN
    text = main.read_text(encoding="utf-8") if main.is_file() else _NEW_MAIN.format(course=out.absolute().name)
    if _LOAD not in text:
        main.write_text(f"{text.rstrip()}\n\n# The labs of the deep-learning course.\n{_LOAD}\n", encoding="utf-8")
