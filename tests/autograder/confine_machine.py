"""Attacks on the machine: sockets, memory beyond the limits, leftovers, the kernel's rarer doors."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import resource
import socket
import struct
from pathlib import Path

from confine_scene import LIMITS, Scene, attack, c_call, call, claim

from autograder.kernel import syscall


@attack("seccomp")
def open_tcp_socket(scene: Scene) -> None:
    socket.socket()


@attack("seccomp")
def open_udp_socket(scene: Scene) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


@attack("seccomp")
def open_unix_socket(scene: Scene) -> None:
    socket.socket(socket.AF_UNIX)


@attack("seccomp")
def open_netlink_socket(scene: Scene) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


@attack("seccomp")
def open_socket_pair(scene: Scene) -> None:
    socket.socketpair()


@attack("rlimits")
def fill_memory(scene: Scene) -> None:
    bytearray(LIMITS.memory_bytes)


@attack("seccomp")
def map_shared_memory(scene: Scene) -> None:
    mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)


@attack("seccomp")
def map_growing_stack(scene: Scene) -> None:
    mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)


@attack("landlock")
def map_shared_zeros(scene: Scene) -> None:
    mmap.mmap(os.open("/dev/zero", os.O_RDWR), 4096)


@attack("seccomp")
def make_memory_file(scene: Scene) -> None:
    os.memfd_create("anonymous")


@attack("landlock")
def leave_shared_memory(scene: Scene) -> None:
    name = f"/dev/shm/probe-{os.getpid()}"
    Path(name).write_text("left behind")
    os.unlink(name)


@attack("seccomp")
def make_system_v_memory(scene: Scene) -> None:
    segment = c_call("shmget", 0, 4096, 0o1600)
    c_call("shmctl", segment, 0, None)


@attack("landlock", "seccomp", "rlimits")
def make_message_queue(scene: Scene) -> None:
    name = ctypes.create_string_buffer(f"probe-{os.getpid()}".encode())
    call("mq_open", name, os.O_CREAT | os.O_RDWR, 0o600, None)
    call("mq_unlink", name)


@attack("seccomp")
def leave_key(scene: Scene) -> None:
    words = [ctypes.create_string_buffer(word) for word in (b"user", b"probe", b"x")]
    call("add_key", words[0], words[1], words[2], 1, -2)


@attack("rlimits")
def write_huge_file(scene: Scene) -> None:
    os.truncate(os.open(os.path.join(scene.private, "huge"), os.O_CREAT | os.O_RDWR), LIMITS.disk_bytes + 1)


@attack("rlimits")
def open_very_many_files(scene: Scene) -> None:
    for _ in range(300):
        os.dup(0)


@attack("rlimits")
def dump_core(scene: Scene) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))


@attack("uid", "seccomp")
def become_root(scene: Scene) -> None:
    os.setuid(0)


@attack("seccomp")
def make_user_namespace(scene: Scene) -> None:
    c_call("unshare", 0x10000000)


@attack("uid", "landlock", "seccomp")
def mount_file_system(scene: Scene) -> None:
    c_call("mount", b"none", scene.private.encode(), b"tmpfs", 0, None)
    c_call("umount2", scene.private.encode(), 0)


@attack("uid", "seccomp")
def change_root(scene: Scene) -> None:
    os.chroot(scene.private)


@attack("uid", "seccomp")
def rename_machine(scene: Scene) -> None:
    name = socket.gethostname().encode()
    c_call("sethostname", name, len(name))


@attack("seccomp")
def catch_page_faults(scene: Scene) -> None:
    call("userfaultfd", 1)  # UFFD_USER_MODE_ONLY, which needs no privilege


@attack("seccomp")
def make_ring(scene: Scene) -> None:
    call("io_uring_setup", 1, ctypes.create_string_buffer(120))


@attack("uid", "seccomp")
def make_bpf_map(scene: Scene) -> None:
    attributes = ctypes.create_string_buffer(struct.pack("=4I", 2, 4, 4, 1) + bytes(56))
    call("bpf", 0, attributes, 72)


@attack("uid", "seccomp")
def count_events(scene: Scene) -> None:
    attributes = struct.pack("=IIQ", 1, 120, 0) + bytes(104)  # software clock of this process
    call("perf_event_open", ctypes.create_string_buffer(attributes, 120), 0, -1, -1, 0)


@attack("seccomp")
def change_personality(scene: Scene) -> None:
    c_call("personality", ctypes.c_ulong(0x0040000))


@attack("seccomp")
def make_call_that_is_not_listed(scene: Scene) -> None:
    place = os.open(scene.readable, os.O_RDONLY)
    syscall(451, place, ctypes.create_string_buffer(16), ctypes.create_string_buffer(40), 0)  # cachestat


@attack("seccomp")
def call_by_the_32_bit_door(scene: Scene) -> None:
    claim(platform.machine() == "x86_64")
    code = b"\x53\xb8\x14\x00\x00\x00\xcd\x80\x5b\xc3"  # push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    claim(ctypes.CFUNCTYPE(ctypes.c_int)(address)() == os.getpid())


@attack("seccomp")
def call_by_the_x32_door(scene: Scene) -> None:
    claim(platform.machine() == "x86_64")
    claim(syscall(0x40000000 + 39) == os.getpid())
