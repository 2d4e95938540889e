#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs an image as Kubernetes' restricted profile would: root file system read-only, the image's own user, no
capability, no new privileges, process 1 of its own namespace. No container engine is needed, only root.

The network is the caller's, as the containers of a pod share theirs.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STOP_SECONDS_MAX = 30
LOG_BYTES_MAX = 1 << 20
# Of <linux/prctl.h>.
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          **more).stdout.strip()


class Image:
    """What an image of the local store says of itself, and its files."""

    def __init__(self, name):
        self.name = name
        self.config = json.loads(run("buildah", "inspect", "--type", "image", name))["Docker"]["config"]
        self.labels = self.config["Labels"]
        self.user, self.group = map(int, self.config["User"].split(":"))

    def files(self):
        """Every file with its size."""
        with Root(self) as root:
            return {"/" + str(path.relative_to(root.path)): path.lstat().st_size
                    for path in root.path.rglob("*") if not path.is_dir()}


class Root:
    """A writable copy of an image's files, gone at the end."""

    def __init__(self, image):
        self.container = run("buildah", "from", "--pull=never", image.name)
        self.path = Path(run("buildah", "mount", self.container))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run("buildah", "rm", self.container)


class Container:
    """A started image. `files` are written into its file system before that becomes read-only."""

    def __init__(self, image, *arguments, files=None):
        self.image, self.root = image, Root(image)
        for path in ("/proc", "/dev"):                    # engines make these too
            self.inside(path).mkdir(exist_ok=True)
        for path, text in {"/etc/hosts": "127.0.0.1 localhost\n", **(files or {})}.items():
            self.inside(path).parent.mkdir(parents=True, exist_ok=True)
            self.inside(path).write_text(text)
        self.log = tempfile.TemporaryFile()
        started, told = os.pipe()
        # unshare is the parent of process 1, takes that along when it is killed, and hands on how that ended.
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child",
             *self.enter([*image.config["Entrypoint"], *arguments], mounts=True, told=told)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=[told])
        os.close(told)
        # When the program began, on the clock that all processes share; nothing, if it could not.
        self.started_at = float(os.read(started, 64) or "nan")
        os.close(started)

    def inside(self, path):
        return self.root.path / path.lstrip("/")

    def enter(self, command, mounts=False, told=None):
        task = {"root": str(self.root.path), "mounts": mounts, "told": told, "command": command,
                "user": self.image.user, "group": self.image.group,
                "folder": self.image.config["WorkingDir"] or "/", "environment": self.image.config["Env"]}
        return [sys.executable, __file__, json.dumps(task)]

    @property
    def pid(self):
        """Of process 1, as seen from outside."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def status(self):
        """The fields of /proc/PID/status."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def execute(self, command):
        """As `docker exec`: one more process in the running container. Returns its status and its words."""
        result = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--ipc", "--uts", *self.enter(command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return result.returncode, result.stdout.strip()

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self):
        """How process 1 ended: the exit status, or 128 and the signal."""
        return self.process.wait(STOP_SECONDS_MAX)

    def words(self):
        # Not read(): the offset is the container's, too.
        return os.pread(self.log.fileno(), LOG_BYTES_MAX, 0).decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            # Process 1 if it is there, since its parent waits for it; killed first, the parent would not.
            try:
                self.signal(signal.SIGKILL)
            except (IndexError, FileNotFoundError, ProcessLookupError):
                self.process.kill()
            self.wait()
        self.log.close()
        self.root.__exit__()


def become(task):
    """Runs in the new namespaces and turns into the image's program."""
    root = task["root"]
    if task["mounts"]:
        run("mount", "--bind", root, root)
        run("mount", "-t", "proc", "-o", "nosuid,nodev,noexec", "proc", f"{root}/proc")
        run("mount", "-t", "tmpfs", "-o", "nosuid,noexec,size=64k,mode=755", "tmpfs", f"{root}/dev")
        os.mknod(f"{root}/dev/null", 0o20666, os.makedev(1, 3))
        run("mount", "-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir(task["folder"])
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in range(64):
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)       # those that do not exist are refused
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    os.setgroups([])
    os.setresgid(*[task["group"]] * 3)
    os.setresuid(*[task["user"]] * 3)                     # with this the other capabilities go
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if task["told"] is not None:
        os.write(task["told"], str(time.monotonic()).encode())
        os.close(task["told"])
    os.execve(task["command"][0], task["command"], dict(pair.split("=", 1) for pair in task["environment"]))


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
