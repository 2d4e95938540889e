# SPDX-License-Identifier: Apache-2.0
"""The origin that uvicorn runs: an echo, a file with ranges, events, a long poll, a WebSocket."""
import asyncio

FILE = bytes(range(256)) * 4096


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        return await echo_messages(receive, send)
    path, headers = scope["path"], dict(scope["headers"])
    if path == "/echo":
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        return await answer(send, 200, body)
    if path == "/file":
        asked = headers.get(b"range")
        if not asked:
            return await answer(send, 200, FILE)
        first, last = map(int, asked.removeprefix(b"bytes=").split(b"-"))
        said = f"bytes {first}-{last}/{len(FILE)}".encode()
        return await answer(send, 206, FILE[first:last + 1], (b"content-range", said))
    if path == "/events":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
            await asyncio.sleep(0.3)
        return await send({"type": "http.response.body"})
    if path == "/poll":
        await asyncio.sleep(1.5)
    await answer(send, 200, b"hello")


async def answer(send, status, body, *headers):
    headers = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo_messages(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        reply = {"type": "websocket.send"}
        if message.get("text") is not None:
            reply["text"] = message["text"]
        else:
            reply["bytes"] = message["bytes"]
        await send(reply)
