"""Every attack is tried inside the jail and, as a positive control, without the layers that should stop it."""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.confine import available_layers

HERE = Path(__file__).parent
if not {"landlock", "seccomp"} <= set(available_layers()):
    pytest.skip("needs Landlock and seccomp; this machine has not both", allow_module_level=True)

SECONDS = 120.0
# Environment: how the probes are started, and the layers that must be on.
ENVIRONMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "root": (("root",), ("uid", "landlock", "seccomp", "rlimits")),
    "docker": (("root",), ("uid", "landlock", "seccomp", "rlimits")),
    "user": (("user",), ("landlock", "seccomp", "rlimits")),
    "root_abi_0": (("root", "--abi", "0", "--no-controls"), ("uid", "seccomp", "rlimits")),
    "user_abi_1": (("user", "--abi", "1", "--no-controls"), ("landlock", "seccomp", "rlimits")),
    "user_abi_3": (("user", "--abi", "3", "--no-controls"), ("landlock", "seccomp", "rlimits")),
}
CONTROLLED = ("root", "docker", "user")
# Kernels are hardly ever built with x32, so the call is not there to be refused.
UNCONTROLLABLE = {"call_by_the_x32_door"}
KILLED_ON_PURPOSE = {"abort": "killed by signal 6"}


def load_probes() -> Any:
    """Import the script beside this file and the modules that it needs, none of them a test module."""
    sys.path.insert(0, str(HERE))
    try:
        return importlib.import_module("confine_probes")
    finally:
        sys.path.remove(str(HERE))


PROBES = load_probes()


@functools.cache
def report(environment: str) -> dict[str, Any]:
    """Run all probes in one environment, once; the answer maps kinds of run to outcomes by probe."""
    arguments, _ = ENVIRONMENTS[environment]
    if arguments[0] == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    launcher = [sys.executable, str(HERE / "docker_like.py")] if environment == "docker" else []
    command = [*launcher, sys.executable, str(HERE / "confine_probes.py"), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_layers_that_the_environment_offers_are_on(environment: str) -> None:
    """The jail reports the layers of its environment, in fixed order."""
    _, expected = ENVIRONMENTS[environment]

    assert tuple(report(environment)["layers"]) == expected


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", PROBES.ATTACKS)
def test_attack_is_stopped(environment: str, name: str) -> None:
    """An attack does not get through where one of the layers that stop it is on."""
    answer = report(environment)

    outcome = answer["jailed"][name]

    assert "could not enter" not in outcome
    if PROBES.ATTACKS[name].stopped_by & set(answer["layers"]):
        assert outcome != PROBES.THROUGH
    else:
        assert "landlock" not in answer["layers"], "only the reduced isolation may leave an attack unstopped"


@pytest.mark.parametrize("environment", CONTROLLED)
@pytest.mark.parametrize("name", PROBES.ATTACKS)
def test_attack_succeeds_without_the_layers_that_stop_it(environment: str, name: str) -> None:
    """The same attack gets through without them, so that stopping it means something."""
    outcome = report(environment)["controls"][name]

    assert "could not enter" not in outcome
    if outcome != PROBES.THROUGH:
        pytest.skip(f"proves nothing in this environment, which stops it by itself: {outcome}")


@pytest.mark.parametrize("name", sorted(set(PROBES.ATTACKS) - UNCONTROLLABLE))
def test_every_attack_has_a_control_somewhere(name: str) -> None:
    """No attack is stopped in all environments by something else than our layers."""
    outcomes = [report(environment)["controls"][name] for environment in CONTROLLED]

    assert PROBES.THROUGH in outcomes, outcomes


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", PROBES.DEEDS)
def test_honest_deed_works(environment: str, name: str) -> None:
    """What honest code does still works in the jail."""
    outcome = report(environment)["jailed"][name]

    assert outcome == KILLED_ON_PURPOSE.get(name, PROBES.THROUGH)
