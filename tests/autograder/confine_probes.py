"""Try attacks and honest deeds inside the jail, each in a fork of its own; the tests run this as a script.

    python confine_probes.py ENVIRONMENT [--abi N] [--no-controls]

ENVIRONMENT is ``root`` (each fork gets its own user) or ``user`` (root becomes an ordinary user first). Prints one
JSON document: for each probe what happened in the jail, and, as a positive control, with the layers off that are
meant to stop it. A probe returns if it got through and raises if it did not.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import confine_deeds
import confine_files
import confine_machine
import confine_processes
from confine_scene import ATTACKS, DEEDS, LIMITS, SECRET, THROUGH, Probe, Scene

from autograder.confine import Jail, Policy, free_uid, python_readable, system_readable
from autograder.kernel import prctl

__all__ = ["ATTACKS", "DEEDS", "THROUGH"]

# Imported for the probes that they enter in the lists.
PROBES = (confine_files, confine_processes, confine_machine, confine_deeds)
ORDINARY_USER = 60577


def run_forked(probe: Probe, jail_for: Callable[[str], Jail], uid: int | None) -> str:
    """Run one probe in a fork and return `THROUGH`, or why it did not get through."""
    work = tempfile.mkdtemp(prefix="probe-")
    ours, theirs = socket.socketpair()
    scene = make_scene(work, theirs, uid)
    jail = jail_for(scene.private)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        in_child(probe, jail, scene, writing)
    os.close(writing)
    with open(reading, encoding="utf-8") as report:
        words = report.read()
    _, status = os.waitpid(child, 0)
    ours.close()
    theirs.close()
    shutil.rmtree(work)
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return words or THROUGH  # a program that took the child's place reports nothing and ends with 0


def make_scene(work: str, wire: socket.socket, uid: int | None) -> Scene:
    """Lay out the files of a probe so that ordinary permissions forbid nothing: only the jail can."""
    os.chmod(work, 0o755)
    paths = {name: os.path.join(work, name) for name in ("private", "public", "hidden", "foreign", "readable")}
    for name in ("private", "public"):
        os.mkdir(paths[name])
    os.chmod(paths["public"], 0o777)
    paths["foreign"] = os.path.join(paths["public"], "foreign")
    for name, content in (("hidden", SECRET), ("foreign", b"foreign"), ("readable", b"readable")):
        Path(paths[name]).write_bytes(content)
        os.chmod(paths[name], 0o666)
    os.symlink(paths["hidden"], os.path.join(paths["private"], "given"))
    if uid is not None:
        os.chown(paths["private"], uid, uid)
    return Scene(os.getpid(), **paths, wire=wire)


def in_child(probe: Probe, jail: Jail, scene: Scene, report: int) -> None:
    os.set_inheritable(report, False)
    words = ""
    try:
        jail.enter()
    except BaseException:  # noqa: BLE001 - whatever it is, the report must say it
        words = "could not enter: " + traceback.format_exc()
    else:
        try:
            probe(scene)
            words = THROUGH
        except Exception as error:  # noqa: BLE001 - how the attack failed is the result
            words = f"{type(error).__name__}: {error}"
    os.write(report, words.encode())
    os._exit(0)


def become_ordinary_user() -> None:
    """Turn root into an ordinary user whose processes may look at each other, as a login makes them."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        os.setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        prctl(4, 1)


def main() -> None:
    """Run all probes in the environment named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("environment", choices=("root", "user"))
    parser.add_argument("--abi", type=int)
    parser.add_argument("--no-controls", action="store_true")
    options = parser.parse_args()
    # Where Landlock is forced off, Python is not in the list: root's home could not be opened for the child.
    readable = system_readable() + (() if options.abi == 0 else python_readable())
    if options.environment == "user":
        become_ordinary_user()
    uid = free_uid() if options.environment == "root" else None

    def run(probe: Probe, disabled: frozenset[str]) -> str:
        def jail_for(private: str) -> Jail:
            own = os.path.join(os.path.dirname(private), "readable")
            policy = Policy((*readable, own), private, uid, LIMITS, disabled)
            return Jail(policy, landlock_abi=options.abi)

        return run_forked(probe, jail_for, uid)

    jailed = {name: run(it.run, frozenset()) for name, it in ATTACKS.items()}
    jailed |= {name: run(probe, frozenset()) for name, probe in DEEDS.items()}
    controls = {} if options.no_controls else {name: run(it.run, it.stopped_by) for name, it in ATTACKS.items()}
    layers = Jail(Policy(readable, "/", uid, LIMITS), landlock_abi=options.abi).layers
    json.dump({"layers": layers, "jailed": jailed, "controls": controls}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
