"""Attacks on files: other people's are neither read nor changed, by any path."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from pathlib import Path

from confine_scene import SECRET, Scene, attack, c_call, claim, contents

from autograder.kernel import syscall


@attack("landlock")
def read_hidden_file(scene: Scene) -> None:
    claim(contents(scene.hidden) == SECRET)


@attack("landlock")
def read_hidden_file_from_its_directory(scene: Scene) -> None:
    os.chdir(os.path.dirname(scene.hidden))
    claim(contents(os.path.basename(scene.hidden)) == SECRET)


@attack("landlock")
def read_user_database(scene: Scene) -> None:
    contents("/etc/passwd")


@attack("landlock")
def list_foreign_directory(scene: Scene) -> None:
    os.listdir(scene.public)


@attack("landlock")
def list_root(scene: Scene) -> None:
    os.listdir("/")


@attack("landlock")
def write_in_public_directory(scene: Scene) -> None:
    Path(scene.public, "planted").write_text("results")


@attack("landlock")
def make_public_directory(scene: Scene) -> None:
    os.mkdir(os.path.join(scene.public, "planted"))


@attack("landlock")
def remove_foreign_file(scene: Scene) -> None:
    os.unlink(scene.foreign)


@attack("landlock")
def write_foreign_file(scene: Scene) -> None:
    with open(scene.foreign, "r+b") as file:
        file.write(b"20/20")


@attack("landlock")
def write_readable_file(scene: Scene) -> None:
    with open(scene.readable, "r+b") as file:
        file.write(b"20/20")


@attack("landlock", "seccomp")
def truncate_foreign_file(scene: Scene) -> None:
    os.truncate(scene.foreign, 0)


@attack("landlock", "seccomp")
def truncate_readable_file_by_opening_it(scene: Scene) -> None:
    os.close(os.open(scene.readable, os.O_RDONLY | os.O_TRUNC))
    claim(os.stat(scene.readable).st_size == 0)


@attack("uid", "seccomp")
def change_foreign_mode(scene: Scene) -> None:
    os.chmod(scene.foreign, 0o604)
    claim(stat.S_IMODE(os.stat(scene.foreign).st_mode) == 0o604)


@attack("uid", "seccomp")
def change_foreign_mode_by_a_young_call(scene: Scene) -> None:
    path = ctypes.create_string_buffer(scene.foreign.encode())
    syscall(452, -100, path, 0o604, 0)  # fchmodat2
    claim(stat.S_IMODE(os.stat(scene.foreign).st_mode) == 0o604)


@attack("uid", "seccomp")
def change_foreign_owner(scene: Scene) -> None:
    os.chown(scene.foreign, 1, 1)
    claim(os.stat(scene.foreign).st_uid == 1)


@attack("uid", "seccomp")
def change_foreign_times(scene: Scene) -> None:
    os.utime(scene.foreign, (1, 1))
    claim(os.stat(scene.foreign).st_mtime == 1)


@attack("seccomp")
def change_foreign_attributes(scene: Scene) -> None:
    os.setxattr(scene.foreign, "user.mark", b"20")
    claim("user.mark" in os.listxattr(scene.foreign))


@attack("landlock", "seccomp")
def read_hidden_file_by_symbolic_link(scene: Scene) -> None:
    link = os.path.join(scene.private, "link")
    os.symlink(scene.hidden, link)
    claim(contents(link) == SECRET)


@attack("landlock")
def read_hidden_file_by_given_link(scene: Scene) -> None:
    claim(contents(os.path.join(scene.private, "given")) == SECRET)


@attack("landlock")
def link_foreign_file_into_private_directory(scene: Scene) -> None:
    link = os.path.join(scene.private, "hard")
    os.link(scene.foreign, link)
    contents(link)


@attack("landlock")
def move_foreign_file_into_private_directory(scene: Scene) -> None:
    goal = os.path.join(scene.private, "moved")
    os.rename(scene.foreign, goal)
    contents(goal)


@attack("landlock")
def move_private_file_out(scene: Scene) -> None:
    source = Path(scene.private, "source")
    source.write_text("results")
    source.rename(Path(scene.public, "planted"))


@attack("uid", "landlock", "seccomp")
def open_hidden_file_by_handle(scene: Scene) -> None:
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    c_call("name_to_handle_at", -100, scene.hidden.encode(), handle, ctypes.byref(mount), 0)
    place = os.open(os.path.dirname(scene.hidden), os.O_RDONLY)
    claim(os.read(c_call("open_by_handle_at", place, handle, os.O_RDONLY), 99) == SECRET)


@attack("landlock", "seccomp")
def make_fifo(scene: Scene) -> None:
    os.mkfifo(os.path.join(scene.private, "fifo"))


@attack("seccomp")
def watch_foreign_directory(scene: Scene) -> None:
    watcher = c_call("inotify_init1", 0)
    c_call("inotify_add_watch", watcher, scene.public.encode(), 0x20)
