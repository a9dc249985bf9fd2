"""Prove a suite: grade the reference, right, wrong and rewritten specimens and mutants as a class is graded, and compare."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder import killmatrix, packing, rounds, stability
from autograder.auditnotes import AuditNotes, read_notes
from autograder.course_data import data_kind
from autograder.errors import UsageError
from autograder.killmatrix import Kills
from autograder.model import Grade
from autograder.mutants import Mutant
from autograder.orders import Trial
from autograder.rounds import Mutants, reference_sources
from autograder.specimens import Specimen, combine_wrong, load_specimens
from autograder.trials import Phase, Place, grade_trials
from autograder.variations import VARIATIONS, vary

__all__ = ["Extent", "audit", "reference_sources"]

_RIGHT = ("reference", "right-", "varied-")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is audited.

    ``all_kills``: whether every check judges every mutant, and not only until one kills it, which is much faster;
    ``mutants``: how many mutants to take, and ``questions``: which ones to audit; all when None.  Specimens are graded
    where both are None, else the reference and the stub alone.  ``seeds``: how many seeds right answers are graded again
    with; ``margin_seeds``: how many each threshold is measured with.
    """

    mutants: int | None = None
    seeds: int = 0
    margin_seeds: int = 0
    all_kills: bool = False
    questions: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether everything is audited, specimens included."""
        return self.mutants is None and self.questions is None


def audit(place: Place, extent: Extent, phase: Phase) -> dict[str, Any]:
    """Audit a lab's suite; the findings are plain values, as ``audit.json`` stores them.

    Args:
        place: The lab, and where to work.
        extent: How much.
        phase: Told of the progress.

    Raises:
        AutograderError: A specimen or the lab's ``audit.toml`` is wrong, or grading is not possible here.
    """
    lab, notes = place.lab, read_notes(place.root, place.lab.id)
    place = _narrowed(place, extent.questions)
    grades = _grade(place, "specimens", _specimens(place) if extent.whole else _unwritten(place), phase)
    grades |= _one_by_one(place, grades, phase)
    wrong = _judge_wrong(place, grades, notes) if extent.whole else []
    found = rounds.audit_mutants(place, notes, extent.mutants, phase, all_kills=extent.all_kills)
    kills = found.kills | {judged.name: judged for _specimen, judged in wrong}
    return {
        "schema_version": 1,
        "lab": lab.id,
        "title": lab.title.to_json(),
        "data": data_kind(),
        "whole": extent.whole,
        "questions": None if extent.questions is None else list(extent.questions),
        "made": found.count,
        "right": [_right_row(name, grade) for name, grade in grades.items() if name.startswith(_RIGHT)],
        "stub": float(grades["stub"].score or 0),
        "wrong": [_wrong_row(judged, specimen) for specimen, judged in wrong],
        "names": _shared_names(wrong, notes),
        "mutants": [_mutant_row(mutant, found) for mutant in found.made if mutant.name in found.kills],
        "unreached": found.unreached,
        "checks": killmatrix.check_rows(grades["reference"], kills, notes),
        "problems": found.problems,
        "stability": stability.measure(place, _stable(place), grades, extent.seeds, phase),
        "margins": stability.margins(place, extent.margin_seeds, phase),
    }


def _narrowed(place: Place, questions: tuple[str, ...] | None) -> Place:
    """Return a place whose lab has only some of its questions.

    Raises:
        UsageError: The lab has no such question.
    """
    if questions is None:
        return place
    unknown = set(questions) - set(place.lab.coded)
    if unknown:
        message = f"{place.lab.id} has no question {sorted(unknown)[0]!r}; there are {', '.join(place.lab.coded)}"
        raise UsageError(message)
    kept = tuple(question for question in place.lab.questions if question.id in questions)
    return replace(place, lab=replace(place.lab, questions=kept), narrowed=True)


# -- what is graded -----------------------------------------------------------------------------------------------


def _specimens(place: Place) -> list[Specimen]:
    """Return everything but the mutants, named by its kind."""
    wrong = [replace(specimen, name=f"wrong-{specimen.name}") for specimen in combine_wrong(place.root, place.lab.id)]
    return [*_unwritten(place), *_right(place), *_varied(place), *wrong]


def _unwritten(place: Place) -> list[Specimen]:
    """Return the two that nobody has to write as a specimen: the reference and the stub."""
    reference, stub = reference_sources(place.root, place.lab.id)
    one = Specimen("reference", "right", _module(reference))
    return [one, Specimen("stub", "stub", _module(stub), tuple(place.lab.coded))]


def _right(place: Place) -> list[Specimen]:
    specimens = load_specimens(place.root, place.lab.id)
    return [replace(s, name=f"right-{s.name}") for s in specimens if s.kind == "right"]


def _stable(place: Place) -> list[Specimen]:
    return [_unwritten(place)[0], *_right(place)]


def _varied(place: Place) -> list[Specimen]:
    """Return rewrites of each right specimen that is a plain module: all of them at once, and as a notebook."""
    found = []
    for specimen in _right(place):
        text = specimen.package.files.get(".py")
        if text is not None:
            name = specimen.name.replace("right-", "varied-", 1)
            rewritten = vary(text.decode(), VARIATIONS, _printing(place))
            found.append(replace(specimen, name=f"{name}-rewritten", package=_module(rewritten)))
            package = packing.pack_module("notebook", text.decode(), place.lab.id, {}, list(place.lab.coded))
            found.append(replace(specimen, name=f"{name}-notebook", package=package))
    return found


def _one_by_one(place: Place, grades: Mapping[str, Grade], phase: Phase) -> dict[str, Grade]:
    """Grade each rewrite by itself where all together lost points, to see which one it is."""
    singles = []
    for specimen in _right(place):
        name = specimen.name.replace("right-", "varied-", 1)
        whole = grades.get(f"{name}-rewritten")
        if whole is not None and killmatrix.lost_questions(whole):
            text = specimen.package.files[".py"].decode()
            for rewrite in VARIATIONS:
                rewritten = vary(text, (rewrite,), _printing(place))
                if rewritten != text:
                    singles.append(replace(specimen, name=f"{name}-{rewrite}", package=_module(rewritten)))
    return _grade(place, "rewrites", singles, phase) if singles else {}


def _printing(place: Place) -> frozenset[str]:
    """Return the functions whose output is their result."""
    reference, _stub = reference_sources(place.root, place.lab.id)
    return frozenset(
        node.name
        for node in ast.parse(reference).body
        if isinstance(node, ast.FunctionDef)
        for part in ast.walk(node)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "print"
    )


def _module(text: str) -> packing.Package:
    return packing.Package({".py": text.encode()})


# -- grading ------------------------------------------------------------------------------------------------------


def _grade(place: Place, folder: str, specimens: Sequence[Specimen], phase: Phase) -> dict[str, Grade]:
    """Hand specimens in and grade them; wrong ones for the questions only that they are wrong in."""
    audited = tuple(place.lab.coded) if place.narrowed else None
    handed_in = stability.hand_in(place.out / folder / "handed_in", specimens)
    candidates = [
        replace(candidate, questions=specimen.loses if specimen.kind == "wrong" else audited)
        for candidate, specimen in zip(handed_in, specimens, strict=True)
    ]
    return grade_trials(place, folder, candidates, Trial(notes_calls=True), phase(folder, len(candidates)))


# -- findings -----------------------------------------------------------------------------------------------------


def _judge_wrong(place: Place, grades: Mapping[str, Grade], notes: AuditNotes) -> list[tuple[Specimen, Kills]]:
    by_name = {specimen.name: specimen for specimen in load_specimens(place.root, place.lab.id)}
    found = []
    for group in combine_wrong(place.root, place.lab.id):
        members = [by_name[name] for name in group.parts]
        judged = killmatrix.judge_wrong(members, grades[f"wrong-{group.name}"], notes)
        found += [(member, judged[member.name]) for member in members]
    order = list(by_name)
    return sorted(found, key=lambda pair: order.index(pair[0].name))


def _shared_names(wrong: Iterable[tuple[Specimen, Kills]], notes: AuditNotes) -> list[str]:
    """Return what is wrong with the names of mistakes: words that another mistake's feedback has as well."""
    judged = list(wrong)
    problems = []
    for specimen, _kills in judged:
        words = notes.named.get(specimen.name)
        for other, found in judged if words else ():
            shared = notes.named.get(other.name) == words
            if words and other is not specimen and words in found.reason and not shared:
                problems.append(f"{other.name} is told {words!r}, which is the name of {specimen.name}")
    return problems


def _right_row(name: str, grade: Grade) -> dict[str, Any]:
    return {"name": name, "lost": sorted(killmatrix.lost_questions(grade)), "status": grade.status}


def _wrong_row(kills: Kills, specimen: Specimen) -> dict[str, Any]:
    return {
        "name": specimen.name,
        "questions": list(specimen.loses),
        "mistake": specimen.mistake.to_json() if specimen.mistake else None,
        "state": kills.state,
        "killers": ["/".join(pair) for pair in kills.killers],
        "named": kills.named,
        "said": kills.reason,
    }


def _mutant_row(mutant: Mutant, found: Mutants) -> dict[str, Any]:
    kills = found.kills[mutant.name]
    return {
        "name": mutant.name,
        "function": mutant.function,
        "operator": mutant.operator,
        "of_field": mutant.of_field,
        "line": mutant.line,
        "before": mutant.before,
        "after": mutant.after,
        "code": found.digests[mutant.function],
        "state": kills.state,
        "killers": ["/".join(pair) for pair in kills.killers],
        "named": kills.named,
        "reason": kills.reason,
    }
