from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from benchmarks.voice.line import line_to


async def test_a_cut_line_holds_back_what_is_sent_and_a_mended_one_delivers_it() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def far(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while body := await reader.read(100):
            arrived.put_nowait(body)
            writer.write(body.upper())
        writer.close()

    server = await asyncio.start_server(far, "127.0.0.1", 0)
    async with server, line_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as line:
        parts = urlsplit(line.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"one")
        assert await asyncio.wait_for(arrived.get(), 5) == b"one"
        assert await asyncio.wait_for(reader.read(100), 5) == b"ONE"
        line.cut()
        writer.write(b"two")
        await writer.drain()
        # What a working line would have carried by now: as many turns of the loop as the first word took, and more.
        for _ in range(200):
            await asyncio.sleep(0)
        assert arrived.empty()
        line.mend()
        assert await asyncio.wait_for(arrived.get(), 5) == b"two"
        writer.close()
