"""Kill processes of the grader at random moments of a class, and print what each kill cost.

    python tests/autograder/fault_table.py [--moments N] [--seed N]

The exit code is 1 where a result was lost, doubled or changed, or where something was left behind.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))

from faults import VICTIMS, Cost, draw_moments, open_faults

COLUMNS = ("moment", "killed", "at (s)", "stored by then", "lost", "graded twice", "changed", "left behind")


def row(cost: Cost) -> list[str]:
    """Return the line of the table about one moment."""
    moment = cost.moment
    words = [", ".join(names) or "-" for names in (cost.lost, cost.doubled, cost.changed, cost.left)]
    return [str(moment.number), moment.victim, f"{cost.seconds:.2f}", str(cost.stored), *words]


def main(count: int, seed: int) -> int:
    """Print the table and its sums."""
    console, costs = Console(width=150), []
    with open_faults() as faults:
        for moment in draw_moments(count, seed):
            costs.append(faults.strike(moment))
            console.print(" | ".join(row(costs[-1])), markup=False, soft_wrap=True)
    table = Table(*COLUMNS)
    for cost in costs:
        table.add_row(*row(cost))
    console.print(table)
    killed = Counter(cost.moment.victim for cost in costs)
    console.print(f"seed {seed}; killed: " + ", ".join(f"{victim} {killed[victim]}" for victim in VICTIMS))
    sums = {
        "results lost": sum(len(cost.lost) for cost in costs),
        "graded twice": sum(len(cost.doubled) for cost in costs),
        "files changed": sum(len(cost.changed) for cost in costs),
        "left behind": sum(len(cost.left) for cost in costs),
    }
    console.print(", ".join(f"{name}: {count}" for name, count in sums.items()))
    return 0 if all(cost.nothing for cost in costs) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    sys.exit(main(options.moments, options.seed))
