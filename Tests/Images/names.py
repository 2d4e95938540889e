# SPDX-License-Identifier: Apache-2.0
"""A name server as small as can be: every name that it knows has addresses of IPv4, everything else does not exist."""
import socket
import struct
import threading


class NameServer:
    """Answers on port 53 of 127.0.0.1 until the process ends. `asked` are the names it was asked for."""

    def __init__(self, addresses):
        self.addresses, self.asked = addresses, set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(512)
            self.socket.sendto(self.answer(query), client)

    def answer(self, query):
        """RFC 1035 section 4.1: the header, the question as it came, one record for each address."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, question = ".".join(labels).lower(), query[12:at + 5]
        self.asked.add(name)
        kind = struct.unpack_from("!H", query, at + 1)[0]
        found = self.addresses.get(name)
        records = [socket.inet_aton(address) for address in found or []] if kind == 1 else []
        flags = 0x8180 | (0 if found else 3)              # response, recursion, NXDOMAIN
        answers = b"".join(struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + record for record in records)
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question + answers
