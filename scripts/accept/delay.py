# Passes TCP connections on, and holds what comes back for a moment: delay.py LISTEN_PORT TARGET_PORT MILLISECONDS.
# For clients that begin to wait for an answer only after they have sent the request, and lose one that is there first.


import asyncio
import sys

LISTEN, TARGET = int(sys.argv[1]), int(sys.argv[2])
DELAY_S = float(sys.argv[3]) / 1000


async def pump(reader, writer, delay_s):
    try:
        while piece := await reader.read(65536):
            await asyncio.sleep(delay_s)
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass  # an end that breaks off is an end
    finally:
        writer.close()


async def connection(reader, writer):
    try:
        back, onward = await asyncio.open_connection("127.0.0.1", TARGET)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, onward, 0), pump(back, writer, DELAY_S))


async def main():
    server = await asyncio.start_server(connection, "127.0.0.1", LISTEN)
    await server.serve_forever()


asyncio.run(main())
