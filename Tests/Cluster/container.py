# SPDX-License-Identifier: Apache-2.0
"""Becomes a container: makes a root file system of its own, gives up all rights, and executes the program.

Run as `container.py JSON` inside the pod's network namespace. The process stays the same all along, so whoever starts
it knows the program's process id. It has what the chart's pods have: a read-only root with nothing in it but the
program and the machine's libraries, its volumes, its own host name, an unprivileged user, and no capabilities."""
import ctypes
import json
import os
import signal
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS = 0x00020000, 0x04000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, CAPABILITIES = 1, 24, 38, 41
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    encoded = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    if getattr(libc, name)(*encoded) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}{arguments}: {os.strerror(error)}")


def mount(source, target, kind=None, flags=0):
    call("mount", source, target, kind, ctypes.c_ulong(flags), None)


def bind(source, target, read_only=True):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True) if Path(source).is_dir() else target.touch()
    mount(str(source), str(target), flags=MS_BIND | MS_REC)
    if read_only:
        mount(None, str(target), flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID)


def make_root(spec):
    root = Path(spec["root"])
    mount("tmpfs", str(root), "tmpfs", MS_NOSUID | MS_NODEV)
    for name in ("etc", "proc", "tmp"):
        (root / name).mkdir()
    (root / "etc/resolv.conf").write_text(spec["resolv.conf"])
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{spec['address']} {spec['hostname']}\n")
    mount("/proc", str(root / "proc"), flags=MS_BIND | MS_REC)
    for device in ("null", "urandom"):
        bind(f"/dev/{device}", root / "dev" / device, read_only=False)
    for folder in spec["libraries"]:
        bind(os.path.realpath(folder), root / folder[1:])
    bind(spec["binary"], root / spec["entrypoint"][1:])
    for volume in spec["volumes"]:
        bind(volume["source"], root / volume["path"][1:], volume["readOnly"])
    if spec["readOnlyRoot"]:
        mount(None, str(root), flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chroot(root)
    os.chdir("/")


def give_up_rights(user, group):
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Whatever happens to the one that started it, nothing is left running. Set last: a change of user clears it.
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main():
    spec = json.loads(sys.argv[1])
    call("unshare", CLONE_NEWNS | CLONE_NEWUTS)
    mount(None, "/", flags=MS_REC | MS_PRIVATE)
    name = spec["hostname"].encode()
    call("sethostname", name, len(name))
    make_root(spec)
    give_up_rights(spec["user"], spec["group"])
    os.execve(spec["command"][0], spec["command"], spec["environment"])


main()
