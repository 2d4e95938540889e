# SPDX-License-Identifier: Apache-2.0
"""An origin that upgrades every request, and from then on sends back what it gets."""
import contextlib
import socket
import threading

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def read_head(connection):
    """Up to the empty line; who asks for a tunnel sends nothing into it before it is there."""
    head = b""
    while b"\r\n\r\n" not in head:
        if not (received := connection.recv(4096)):
            raise ConnectionError(f"the connection ended in the head {head!r}")
        head += received
    return head


class TunnelOrigin:
    def __init__(self, address):
        self.listener = socket.create_server(address)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):                       # stop() has closed it
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.echo, args=(connection,), daemon=True).start()

    @staticmethod
    def echo(connection):
        with connection, contextlib.suppress(OSError):
            read_head(connection)
            connection.sendall(SWITCHED)
            while received := connection.recv(65536):
                connection.sendall(received)

    def stop(self):
        self.listener.close()
