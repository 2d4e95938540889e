# SPDX-License-Identifier: Apache-2.0
"""The client: asks again and again over several connections, and counts every answer that is not a 200.

Run as `load.py ADDRESS CONNECTIONS RATE` inside the client's namespace. It stops when its standard input closes, and
prints one JSON object: how many were asked, by whom they were answered, and each failure with its time."""
import asyncio
import collections
import json
import sys
import time

TIMEOUT_SECONDS = 20
# Every so many requests a connection is made anew, as new clients would.
REQUESTS_PER_CONNECTION = 50
# One in so many requests takes a while, so that there is always one in flight when a pod ends.
SLOW_EVERY, SLOW_PATH = 20, "/delay/400"
SECONDS_MAX = 900


class Load:
    def __init__(self, address, connections, rate):
        self.address, self.connections, self.pause = address, connections, connections / rate
        self.asked, self.failures, self.answered = 0, [], collections.Counter()
        self.latencies = []
        self.begun = time.monotonic()
        self.stopped = asyncio.Event()

    async def run(self):
        loop = asyncio.get_running_loop()
        stdin = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
        clients = [asyncio.create_task(self.client(number)) for number in range(self.connections)]
        await asyncio.wait([asyncio.create_task(stdin.read())], timeout=SECONDS_MAX)
        self.stopped.set()
        await asyncio.gather(*clients)

    async def client(self, number):
        await asyncio.sleep(self.pause * number / self.connections)
        writer = None
        count = number * 7
        while not self.stopped.is_set():
            count += 1
            due = time.monotonic() + self.pause
            path = SLOW_PATH if count % SLOW_EVERY == 0 else f"/load/{number}/{count}"
            began = time.monotonic()
            self.asked += 1
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    if writer is None:
                        reader, writer = await asyncio.open_connection(self.address, 80)
                    closes = await self.exchange(reader, writer, path)
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
                self.failed(f"{type(error).__name__} {error}", path)
                closes = True
            self.latencies.append(time.monotonic() - began)
            if closes or count % REQUESTS_PER_CONNECTION == 0:
                if writer:
                    writer.close()
                writer = None
            await asyncio.sleep(max(0, due - time.monotonic()))
        if writer:
            writer.close()

    async def exchange(self, reader, writer, path):
        """One request and its whole answer; true if the connection ends with it."""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: load.test\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        fields = dict(field.lower().split(": ", 1) for field in fields)
        body = await reader.readexactly(int(fields["content-length"]))
        status = int(line.split()[1])
        if status != 200:
            self.failed(f"{status} {body[:200]!r} {fields.get('proxy-status', '')}", path)
        elif b"you got this!" not in body:
            self.failed(f"a 200 that nobody knows: {body[:200]!r}", path)
        self.answered[fields.get("host", "?")] += 1
        return fields.get("connection") == "close"

    def failed(self, what, path):
        self.failures.append({"at": round(time.monotonic() - self.begun, 2), "path": path, "what": what})

    def report(self):
        latencies = sorted(self.latencies) or [0]
        return {"asked": self.asked, "failures": self.failures, "answered": self.answered,
                "seconds": round(time.monotonic() - self.begun, 1),
                "p99_ms": round(1000 * latencies[int(0.99 * (len(latencies) - 1))], 1),
                "max_ms": round(1000 * latencies[-1], 1)}


async def main():
    load = Load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
    await load.run()
    print(json.dumps(load.report()))


asyncio.run(main())
