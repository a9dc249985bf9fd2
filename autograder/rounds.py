"""Grade mutants in rounds: each by the first question that can notice it, and where that lets it pass, by the next one."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import killmatrix, mutants
from autograder.auditnotes import AuditNotes
from autograder.killmatrix import Kills
from autograder.labs import reference_path, stub_path
from autograder.mutants import Mutant, Pack
from autograder.orders import Trial
from autograder.source import make_filled
from autograder.trials import Candidate, Phase, Place, files_asked, grade_trials

__all__ = ["Mutants", "audit_mutants", "reference_sources"]

# A mutant that never ends is stopped here; what is right takes a fraction of it.
_MUTANT_SECONDS = 20.0
_SAMPLE_SEED = 7


@dataclass(frozen=True, slots=True)
class Mutants:
    """What became of the mutants that were taken, of ``count``.

    ``unreached`` are functions that no check calls, ``problems`` notes that do not hold.
    """

    count: int
    made: list[Mutant]
    kills: dict[str, Kills]
    digests: Mapping[str, str]
    unreached: list[str]
    problems: list[str]


def audit_mutants(place: Place, notes: AuditNotes, number: int | None, phase: Phase, *, all_kills: bool) -> Mutants:
    """Grade mutants of the reference, which must have been graded before, and say what became of each.

    Args:
        place: The lab, and where to work.
        notes: The lab's notes, for the equivalent ones.
        number: How many mutants to take, the same each time; all when None.
        phase: Told of the progress.
        all_kills: Whether every check judges every mutant, and not only until one kills it.
    """
    reference, stub = reference_sources(place.root, place.lab.id)
    touched = _touched(place, reference)
    every = [m for m in mutants.make_mutants(reference, stub) if touched.get(m.function) or not place.narrowed]
    made = _sampled(every, number)
    digests = mutants.code_digests(reference)
    trial = Trial(check_seconds=_MUTANT_SECONDS, stops_at_failure=not all_kills)
    waiting = [mutant for mutant in made if touched.get(mutant.function)]
    kills: dict[str, Kills] = {}
    turn = 0
    while waiting:
        asked = touched if all_kills else {name: found[turn : turn + 1] for name, found in touched.items()}
        folder = f"mutants-{turn + 1}" if turn else "mutants"
        packs = _packed(place, waiting, touched, asked)
        candidates = _handed_in(place.out / folder / "handed_in", reference, packs)
        grades = grade_trials(place, folder, candidates, trial, phase(folder, len(packs)))
        kills |= killmatrix.judge_mutants(packs, grades, asked, notes, digests)
        turn += 1
        waiting = [] if all_kills else [m for m in waiting if touched[m.function][turn:] and _passed(kills[m.name])]
    problems = killmatrix.judge_notes(notes, made, kills, digests) if number is None and not place.narrowed else []
    unreached = sorted({mutant.function for mutant in made if not touched.get(mutant.function)})
    return Mutants(len(every), made, kills, digests, unreached, problems)


_Questions = Mapping[str, tuple[str, ...]]


def _packed(place: Place, waiting: Sequence[Mutant], touched: _Questions, asked: _Questions) -> list[Pack]:
    """Put mutants together, but only those that the same files of the suite judge: a change of one spares the rest."""
    files = {questions: files_asked(place, questions) for questions in set(asked.values()) if questions}
    groups: dict[frozenset[Path], list[Mutant]] = {}
    for mutant in waiting:
        groups.setdefault(files[asked[mutant.function]], []).append(mutant)
    packs = [pack for group in groups.values() for pack in mutants.pack(group, touched, list(place.lab.coded), asked)]
    return [replace(pack, name=f"pack-{number:04d}") for number, pack in enumerate(packs, start=1)]


def _passed(kills: Kills) -> bool:
    return kills.state in ("survived", "equivalent")


def reference_sources(root: Path, lab_id: str) -> tuple[str, str]:
    """Return the reference without its markers, and the stub."""
    marked = reference_path(root, lab_id).read_text(encoding="utf-8")
    filled = make_filled(marked, f"solutions/{lab_id}/{lab_id}.py")
    return filled, stub_path(root, lab_id).read_text(encoding="utf-8")


def _handed_in(folder: Path, reference: str, packs: Sequence[Pack]) -> list[Candidate]:
    """Write packs of mutants, each as a module."""
    folder.mkdir(parents=True, exist_ok=True)
    candidates = []
    for pack in packs:
        path = folder / f"{pack.name}.py"
        path.write_text(mutants.apply(reference, pack.mutants), encoding="utf-8")
        candidates.append(Candidate(pack.name, path, pack.questions))
    return candidates


def _touched(place: Place, reference: str) -> dict[str, tuple[str, ...]]:
    """Return the questions that can notice a change of each name: those whose checks call something that reaches it.

    The question that has the name comes first, the others in the lab's order.
    """
    path = place.out / "specimens" / "calls" / "reference.json"
    called: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    found = {}
    for name, reaching in mutants.users(reference).items():
        noticing = [question for question in place.lab.coded if not reaching.isdisjoint(called.get(question, ()))]
        found[name] = tuple(sorted(noticing, key=lambda question: question != name))
    return found


def _sampled(made: Sequence[Mutant], number: int | None) -> list[Mutant]:
    """Return all mutants, or some of them, the same each time, in the source's order."""
    if number is None or number >= len(made):
        return list(made)
    chosen = random.Random(_SAMPLE_SEED).sample(range(len(made)), number)  # noqa: S311 - a fair choice, not a secret
    return [made[place] for place in sorted(chosen)]
