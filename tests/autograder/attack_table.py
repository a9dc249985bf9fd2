"""Print what became of every attack on the jail, in each environment, and of its control without the layers.

    python tests/autograder/attack_table.py

The exit code is 1 where an attack got through, or where a control that should have succeeded did not, anywhere.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from test_confine_attacks import CONTROLLED, ENVIRONMENTS, KILLED_ON_PURPOSE, PROBES, UNCONTROLLABLE, report  # noqa: E402

STOPPED, THROUGH, OPEN = "stopped", "[red]through[/red]", "[yellow]open[/yellow]"


def reports() -> dict[str, dict[str, Any] | None]:
    """Run the probes in every environment that this machine can make; None where it cannot."""
    found: dict[str, dict[str, Any] | None] = {}
    for name in ENVIRONMENTS:
        try:
            found[name] = report(name)
        except pytest.skip.Exception:
            found[name] = None
    return found


def verdict(attack: str, answer: dict[str, Any]) -> str:
    """Say what became of an attack; ``open`` where no layer of this environment is there to stop it."""
    if answer["jailed"][attack] != PROBES.THROUGH:
        return STOPPED
    return THROUGH if PROBES.ATTACKS[attack].stopped_by & set(answer["layers"]) else OPEN


def main() -> int:
    """Print the table and its sums."""
    console, answers = Console(width=150), reports()
    table = Table("attack", "layers that stop it", *answers, "controls through")
    got_through, without_control = [], []
    for attack, probe in PROBES.ATTACKS.items():
        cells = [("not tried" if answer is None else verdict(attack, answer)) for answer in answers.values()]
        controls = [
            name for name in CONTROLLED if (found := answers[name]) and found["controls"][attack] == PROBES.THROUGH
        ]
        table.add_row(attack, ", ".join(sorted(probe.stopped_by)), *cells, ", ".join(controls) or "none")
        got_through += [attack] if THROUGH in cells else []
        without_control += [attack] if not controls and attack not in UNCONTROLLABLE else []
    console.print(table)
    for name, answer in answers.items():
        if answer is None:
            console.print(f"{name}: not tried, this needs root")
            continue
        sums = Counter(verdict(attack, answer) for attack in PROBES.ATTACKS)
        deeds = sum(answer["jailed"][deed] == KILLED_ON_PURPOSE.get(deed, PROBES.THROUGH) for deed in PROBES.DEEDS)
        layers = ", ".join(answer["layers"])
        console.print(
            f"{name} ({layers}): {sums[STOPPED]} of {len(PROBES.ATTACKS)} attacks stopped, {sums[OPEN]} open for want of "
            f"a layer, {sums[THROUGH]} through; {deeds} of {len(PROBES.DEEDS)} honest deeds work"
        )
    console.print(f"without a control anywhere: {', '.join([*without_control, *sorted(UNCONTROLLABLE)]) or 'none'}")
    return 1 if got_through or without_control else 0


if __name__ == "__main__":
    sys.exit(main())
