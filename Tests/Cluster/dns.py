# SPDX-License-Identifier: Apache-2.0
"""The cluster's DNS: a real dnsmasq, which lists the ready pods of headless Services and the address of the others."""
import signal
import socket
import subprocess
import time

from manifests import Wrong
from network import DNS_ADDRESS

# CoreDNS' default for records of Services.
TTL_SECONDS = 5
START_SECONDS = 10


class DNS:
    def __init__(self, folder, domain="cluster.local"):
        self.domain = domain
        self.file = folder / "hosts"
        self.file.write_text("")
        self.log = folder / "dnsmasq.log"
        self.process = subprocess.Popen([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
            f"--listen-address={DNS_ADDRESS}", "--bind-interfaces", f"--addn-hosts={self.file}",
            f"--local=/{domain}/", f"--local-ttl={TTL_SECONDS}", "--log-facility=-", "--pid-file"],
            stdout=subprocess.DEVNULL, stderr=self.log.open("w"))

        self._wait()

    def _wait(self):
        """Until it listens. Before that a signal would end it."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return socket.create_connection((DNS_ADDRESS, 53), 1).close()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise Wrong(f"dnsmasq does not start: {self.log.read_text()}") from None
                time.sleep(0.02)

    def update(self, names):
        """`names`: {Service.namespace: addresses}. The old records are replaced as a whole."""
        text = "".join(f"{address} {name}.svc.{self.domain}\n"
                       for name, addresses in sorted(names.items()) for address in addresses)
        if text == self.file.read_text():
            return
        fresh = self.file.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.file)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.kill()
        self.process.wait()
