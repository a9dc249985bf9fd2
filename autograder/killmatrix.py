"""Which check kills which mutant: the survivors, the checks that kill nothing new, and the mistakes that are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.auditnotes import AuditNotes
from autograder.model import CheckGrade, Grade, Status
from autograder.mutants import Mutant, Pack
from autograder.specimens import Specimen

__all__ = ["Kills", "check_rows", "judge_mutants", "judge_notes", "judge_wrong", "lost_questions"]

# Lines of a message that say what came and what was expected; any other line says what the mistake is.
_PLAIN = ("called:", "got:", "raised:", "expected:", "furthest off")


@dataclass(frozen=True, slots=True)
class Kills:
    """What the checks said of one mistake.

    ``state`` is ``killed``, ``survived``, ``equivalent`` (survived, with a reason that still counts) or ``broken`` (the
    grader failed on it); ``killers`` are (question, check); ``named`` says whether a message named the mistake.
    """

    name: str
    state: str
    killers: tuple[tuple[str, str], ...]
    named: bool
    reason: str = ""


def judge_mutants(
    packs: Sequence[Pack],
    grades: Mapping[str, Grade],
    touched: Mapping[str, Sequence[str]],
    notes: AuditNotes,
    digests: Mapping[str, str],
) -> dict[str, Kills]:
    """Say what became of each mutant.

    Args:
        packs: The submissions that they were graded in.
        grades: The grades by the packs' names.
        touched: The questions whose checks can notice a change of a function, by the function's name.
        notes: The lab's notes, for the equivalent ones.
        digests: The digest of each function's code now.
    """
    reasons = {
        (note.function, note.before, note.after): note.reason
        for note in notes.equivalents
        if digests.get(note.function) == note.code
    }
    found: dict[str, Kills] = {}
    for pack in packs:
        for mutant in pack.mutants:
            kills = _kills(mutant.name, grades[pack.name], touched[mutant.function])
            reason = reasons.get((mutant.function, mutant.before, mutant.after), "")
            if kills.state == "survived" and reason:
                kills = Kills(kills.name, "equivalent", (), named=False, reason=reason)
            found[mutant.name] = kills
    return found


def judge_notes(
    notes: AuditNotes, mutants: Iterable[Mutant], kills: Mapping[str, Kills], digests: Mapping[str, str]
) -> list[str]:
    """Return what is wrong with the list of equivalent mutants: entries that no longer hold."""
    by_key = {(mutant.function, mutant.before, mutant.after): mutant for mutant in mutants}
    problems = []
    for note in notes.equivalents:
        mutant = by_key.get((note.function, note.before, note.after))
        where = f"{note.function}: {note.after}"
        if mutant is None:
            problems.append(f"{where}: no such mutant is made any more; remove the entry")
        elif digests.get(note.function) != note.code:
            problems.append(f"{where}: its code changed; look again, then write code = {digests[note.function]!r}")
        elif mutant.name in kills and kills[mutant.name].state == "killed":
            killer = "/".join(kills[mutant.name].killers[0])
            problems.append(f"{where}: it is listed as equivalent, but {killer} kills it; remove the entry")
    return problems


def judge_wrong(specimens: Sequence[Specimen], group: Grade, notes: AuditNotes) -> dict[str, Kills]:
    """Say what became of the wrong specimens that one submission was made of."""
    found = {}
    for specimen in specimens:
        kills = _kills(specimen.name, group, specimen.loses)
        words = notes.named.get(specimen.name, "")
        said = _said(_failed(group, specimen.loses))
        found[specimen.name] = Kills(kills.name, kills.state, kills.killers, bool(words) and words in said, said)
    return found


def lost_questions(grade: Grade) -> set[str]:
    """Return the questions that earned less than their points; written ones aside."""
    return {q.id for q in grade.questions if q.score is not None and q.score < q.max_score}


def check_rows(reference: Grade, kills: Mapping[str, Kills], notes: AuditNotes) -> list[dict[str, Any]]:
    """Return a row a check, in the suite's order: how many mistakes it kills, and how many no earlier check does.

    Args:
        reference: A grade with every check.
        kills: What became of each mutant and wrong specimen.
        notes: The lab's notes, for checks that are there for their message.
    """
    rows = []
    for question in reference.questions:
        seen: set[str] = set()
        for check in question.checks:
            key = (question.id, check.id)
            killed = {name for name, found in kills.items() if key in found.killers}
            rows.append(
                {
                    "question": question.id,
                    "check": check.id,
                    "title": check.title.to_json(),
                    "kills": len(killed),
                    "new": len(killed - seen),
                    "reason": notes.for_its_message.get(key, ""),
                }
            )
            seen |= killed
    return rows


def _kills(name: str, grade: Grade, questions: Sequence[str]) -> Kills:
    if grade.status == "not_graded":
        return Kills(name, "broken", (), named=False, reason=grade.reason.en if grade.reason else "")
    failed = _failed(grade, questions)
    named = any(_names_mistake(check) for _question, check in failed)
    killers = tuple((question, check.id) for question, check in failed)
    return Kills(name, "killed" if failed else "survived", killers, named)


def _failed(grade: Grade, questions: Sequence[str]) -> list[tuple[str, CheckGrade]]:
    return [
        (question.id, check)
        for question in grade.questions
        if question.id in questions
        for check in question.checks
        if check.status not in (Status.PASSED, Status.SKIPPED)
    ]


def _said(failed: Sequence[tuple[str, CheckGrade]]) -> str:
    texts = (text.en for _question, check in failed for text in (check.message, check.hint) if text is not None)
    return "\n".join(texts)


def _names_mistake(check: CheckGrade) -> bool:
    """Say whether a message has a line beyond what came and what was expected."""
    if check.status is not Status.FAILED or check.message is None:
        return False
    return any(not line.startswith(_PLAIN) for line in check.message.en.splitlines())
