# SPDX-License-Identifier: Apache-2.0
"""A proxy with an admin listener in front of app-servers, all of them real."""
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Budgets"))
from rig import LOAD_CORE, PRODUCT_CORE, Rig, free_port  # noqa: E402


class Stage:
    def __init__(self, binaries, services, hosts):
        self.rig, self.services, self.hosts = Rig(binaries), services, hosts
        self.ended = threading.Event()

    def __enter__(self):
        self.rig.__enter__()
        try:
            self.start()
        except BaseException:
            self.rig.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.rig.__exit__()

    def start(self):
        front, admin = free_port(), free_port()
        self.url, self.admin = f"http://127.0.0.1:{front}", f"http://127.0.0.1:{admin}"
        lines = ["proxy:", f'  listen: {{address: "127.0.0.1", port: {front}}}', "  workers: 2",
                 f"  admin: {{port: {admin}}}", '  log: {file: "", access: false}', "  services:"]
        self.apps = []
        for number in range(self.services):
            lines += [f"  - name: service-app-{number + 1}", "    host:"]
            for _ in range(self.hosts):
                self.apps.append(self.rig.app_server())
                lines.append(f'    - {{address: "127.0.0.1", port: {self.apps[-1].port}}}')
        config = self.rig.folder / "config.yaml"
        config.write_text("\n".join(lines) + "\n")
        command = [self.rig.binary("proxy-server"), "--config", config]
        self.proxy = self.rig.run("proxy-server", PRODUCT_CORE, command, front)

    def get(self, path):
        try:
            return urllib.request.urlopen(self.url + path, timeout=10).read()
        except urllib.error.HTTPError as error:
            return error.read()

    def upstreams(self):
        return json.load(urllib.request.urlopen(self.admin + "/upstreams", timeout=10))

    def load(self, paths, per_second):
        """Sends requests from a thread until the stage is left."""
        def send():
            number = 0
            while not self.ended.wait(1 / per_second):
                try:
                    self.get(paths[number % len(paths)])
                except OSError:
                    time.sleep(0.1)
                number += 1
        threading.Thread(target=send, daemon=True).start()
