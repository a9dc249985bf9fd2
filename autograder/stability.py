"""Grade right answers again with other seeds, on one worker and on two, and see whether any mark depends on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import gradebook
from autograder.bench import Bench
from autograder.margins import Margin, declares_margins, measure_margins
from autograder.model import Grade
from autograder.orders import Trial
from autograder.specimens import Specimen, write_specimen
from autograder.trials import Candidate, Phase, Place, basis_of, grade_trials

__all__ = ["hand_in", "margins", "measure"]


def hand_in(folder: Path, specimens: Sequence[Specimen]) -> list[Candidate]:
    """Write specimens to a folder, each as a student hands it in."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Candidate(specimen.name, write_specimen(specimen, folder)) for specimen in specimens]


def measure(
    place: Place, specimens: Sequence[Specimen], grades: Mapping[str, Grade], seeds: int, phase: Phase
) -> dict[str, Any] | None:
    """Grade specimens once a seed, by turns on two workers and on one, and compare with seed 0.

    Args:
        place: The lab, and where to work.
        specimens: The reference and the right specimens.
        grades: What they got with seed 0.
        seeds: How many seeds, from 1.
        phase: Told of the progress.

    Returns:
        ``{"seeds": n, "marks": number compared, "changed": ["<specimen> <seed> <question>", ...]}``; None without seeds.
    """
    if not seeds:
        return None
    candidates = hand_in(place.out / "seeds" / "handed_in", specimens)
    tell = phase("seeds", seeds * len(candidates))
    changed, marks = [], 0
    for seed in range(1, seeds + 1):
        there = replace(place, jobs=1 + seed % 2)
        for name, grade in grade_trials(there, f"seeds/{seed:02d}", candidates, Trial(seed=seed), tell).items():
            usual = {question.id: question.score for question in grades[name].questions}
            marks += len(grade.questions)
            changed += [f"{name} {seed} {q.id}" for q in grade.questions if q.score != usual[q.id]]
    return {"seeds": seeds, "marks": marks, "changed": changed}


def margins(place: Place, seeds: int, phase: Phase) -> list[dict[str, Any]]:
    """Measure the cases that the suite declares for its thresholds, over some seeds; nothing without seeds."""
    if not seeds or not declares_margins(place.root, place.lab.id):
        return []
    tell = phase("margins", 1)
    path, mark = place.out / "margins.json", f"{basis_of(place, Trial())} {seeds}"
    known = json.loads(path.read_text(encoding="utf-8")) if place.resume and path.is_file() else {}
    if known.get("mark") != mark:
        known = {"mark": mark, "rows": _measured(place, seeds)}
        gradebook.store(path, json.dumps(known).encode())
    tell("margins", "measured")
    rows: list[dict[str, Any]] = known["rows"]
    return rows


def _measured(place: Place, seeds: int) -> list[dict[str, Any]]:
    bench = Bench(place.lab)
    try:
        return [_row(found) for found in measure_margins(bench, place.root, seeds)]
    finally:
        bench.close()


def _row(found: Margin) -> dict[str, Any]:
    return {
        "question": found.case.question,
        "verdict": found.case.verdict,
        "name": found.case.name,
        "seeds": len(found.values),
        "min": min(found.values),
        "mean": found.mean,
        "max": max(found.values),
        "deviation": found.deviation,
        "threshold": found.threshold,
        "distance": found.distance,
    }
