"""Feed every target with mutated bytes for some time, and print what was tried and what was found.

    PYTHONPATH=<where atheris is> python tests/autograder/fuzz.py [--seconds N] [--seed N]

It starts from the committed corpus and keeps what reaches new lines in out/fuzz.  What breaks a target is left there:
put it into tests/autograder/corpus/<target>, where the ordinary tests replay it, and mend the code.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fuzz_targets import CORPUS, TARGETS

SCRIPT = Path(__file__).with_name("fuzz_targets.py")
# Libfuzzer ends with an input that takes longer or makes the process larger.
BOUNDS = ("-timeout=60", "-rss_limit_mb=1500", "-max_len=4096")


def fuzz(target: str, seconds: int, seed: int, kept: Path) -> tuple[str, str, list[Path]]:
    """Run one target; return how many inputs were tried, how many features were reached, and what broke it."""
    found, broken = kept / target, kept / "broken" / target
    for folder in (found, broken):
        folder.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-artifact_prefix={broken}/", *BOUNDS]
    command = [sys.executable, str(SCRIPT), target, *options, str(found), str(CORPUS / target)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    (kept / f"{target}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    runs = re.findall(r"^#(\d+)\s", done.stderr, re.MULTILINE)
    features = re.findall(r" ft: (\d+) ", done.stderr)
    left = sorted(broken.iterdir())
    if done.returncode != 0 and not left:
        sys.stderr.write(done.stderr[-2000:])
        left = [kept / f"{target}.log"]
    return (runs or ["0"])[-1], (features or ["0"])[-1], left


def main(seconds: int, seed: int) -> int:
    """Share the time out and print a line a target."""
    kept, console = Path("out/fuzz").resolve(), Console(width=120)
    table = Table("target", "inputs", "features", "broken by")
    clean = True
    for target in TARGETS:
        runs, features, broken = fuzz(target, max(1, seconds // len(TARGETS)), seed, kept)
        clean = clean and not broken
        table.add_row(target, runs, features, "\n".join(map(str, broken)) or "-")
    console.print(table)
    console.print(f"seed {seed}, {seconds} s; what broke a target also stands in {kept}/<target>.log")
    return 0 if clean else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    sys.exit(main(options.seconds, options.seed))
