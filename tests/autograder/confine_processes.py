"""Attacks on processes: no second one is made, and the parent is neither seen nor touched."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct

from confine_scene import Scene, attack, c_call, call, claim, contents

from autograder.kernel import prctl


@attack("seccomp")
def start_process(scene: Scene) -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


@attack("seccomp")
def start_process_by_clone3(scene: Scene) -> None:
    arguments = ctypes.create_string_buffer(struct.pack("=8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64)
    if call("clone3", arguments, 64) == 0:
        os._exit(0)
    os.wait()


@attack("landlock", "seccomp")
def spawn_program(scene: Scene) -> None:
    os.posix_spawn("/bin/true", ["true"], {})
    os.wait()


@attack("landlock", "seccomp")
def become_program(scene: Scene) -> None:
    os.execv("/bin/true", ["true"])


@attack("uid", "landlock", "seccomp")
def signal_parent(scene: Scene) -> None:
    os.kill(scene.parent, 0)


@attack("uid", "landlock", "seccomp")
def signal_parent_by_tgkill(scene: Scene) -> None:
    call("tgkill", scene.parent, scene.parent, 0)


@attack("uid", "landlock", "seccomp")
def signal_everybody(scene: Scene) -> None:
    os.kill(-1, 0)


@attack("uid", "landlock", "seccomp")
def signal_process_group(scene: Scene) -> None:
    # Signals to one's own process always work: the group is asked for by the parent's number.
    os.kill(-os.getpgid(scene.parent), 0)


@attack("seccomp")
def signal_parent_through_a_file(scene: Scene) -> None:
    c_call("fcntl", scene.wire.fileno(), 10, signal.SIGURG)  # F_SETSIG
    c_call("fcntl", scene.wire.fileno(), 8, scene.parent)  # F_SETOWN


@attack("seccomp")
def signal_parent_through_a_socket(scene: Scene) -> None:
    c_call("ioctl", scene.wire.fileno(), ctypes.c_ulong(0x8901), ctypes.byref(ctypes.c_int(scene.parent)))


@attack("uid", "landlock", "seccomp")
def trace_parent(scene: Scene) -> None:
    c_call("ptrace", 0x4206, scene.parent, None, None)  # PTRACE_SEIZE; ends with this process


_LANDMARK = ctypes.create_string_buffer(b"a landmark in the parent's memory")


@attack("uid", "landlock", "seccomp")
def read_parents_memory(scene: Scene) -> None:
    copy = ctypes.create_string_buffer(len(_LANDMARK))
    vectors = [struct.pack("PN", ctypes.addressof(buffer), len(buffer)) for buffer in (copy, _LANDMARK)]
    c_call("process_vm_readv", scene.parent, vectors[0], 1, vectors[1], 1, 0)
    claim(copy.raw == _LANDMARK.raw)


@attack("seccomp")
def hold_parent_by_pidfd(scene: Scene) -> None:
    os.pidfd_open(scene.parent)


@attack("uid", "seccomp")
def read_parents_limits(scene: Scene) -> None:
    resource.prlimit(scene.parent, resource.RLIMIT_NOFILE)


@attack("uid", "seccomp")
def pin_parent_to_a_processor(scene: Scene) -> None:
    os.sched_setaffinity(scene.parent, os.sched_getaffinity(scene.parent))


@attack("uid", "seccomp")
def change_parents_priority(scene: Scene) -> None:
    os.setpriority(os.PRIO_PROCESS, scene.parent, os.getpriority(os.PRIO_PROCESS, scene.parent))


@attack("uid", "seccomp")
def change_parents_scheduler(scene: Scene) -> None:
    os.sched_setscheduler(scene.parent, os.SCHED_OTHER, os.sched_param(0))


@attack("uid", "landlock")
def read_parents_environment(scene: Scene) -> None:
    contents(f"/proc/{scene.parent}/environ")


@attack("uid", "landlock")
def read_parents_memory_map(scene: Scene) -> None:
    contents(f"/proc/{scene.parent}/maps")


@attack("uid", "landlock")
def open_parents_memory(scene: Scene) -> None:
    os.open(f"/proc/{scene.parent}/mem", os.O_RDONLY)


@attack("landlock")
def read_parents_command_line(scene: Scene) -> None:
    contents(f"/proc/{scene.parent}/cmdline")


@attack("uid", "landlock")
def list_parents_files(scene: Scene) -> None:
    os.listdir(f"/proc/{scene.parent}/fd")


@attack("uid", "landlock")
def walk_through_parents_root(scene: Scene) -> None:
    contents(f"/proc/{scene.parent}/root{scene.hidden}")


@attack("landlock")
def walk_through_own_root(scene: Scene) -> None:
    os.listdir("/proc/self/cwd/")


@attack("landlock")
def list_processes(scene: Scene) -> None:
    os.listdir("/proc")


@attack("seccomp")
def outlive_parent(scene: Scene) -> None:
    prctl(1, 0)


@attack("seccomp")
def allow_core_dumps(scene: Scene) -> None:
    prctl(4, 1)


@attack("seccomp")
def allow_core_dumps_by_a_long_number(scene: Scene) -> None:
    call("prctl", 1 << 32 | 4, 1, 0, 0, 0)
