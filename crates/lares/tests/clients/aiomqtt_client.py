# aiomqtt as a home's client: URL USERNAME PASSWORD AUTHORITY.


import asyncio
import sys
from urllib.parse import urlparse

import aiomqtt

url, username, password, authority = sys.argv[1:5]
way = urlparse(url)


async def speak():
    socket = way.scheme.startswith("ws")
    client = aiomqtt.Client(
        way.hostname,
        port=way.port,
        username=username,
        password=password,
        protocol=aiomqtt.ProtocolVersion.V5,
        transport="websockets" if socket else "tcp",
        websocket_path=way.path if socket else None,
        tls_params=aiomqtt.TLSParameters(ca_certs=authority) if way.scheme in ("mqtts", "wss") else None,
    )
    async with client:
        await client.subscribe(f"aio/{way.scheme}/#", qos=2)
        wanted = set()
        for qos in (0, 1, 2):
            await client.publish(f"aio/{way.scheme}/{qos}", str(qos) * 50, qos=qos, retain=qos == 1)
            wanted.add((f"aio/{way.scheme}/{qos}", str(qos) * 50))
        got = set()
        async with asyncio.timeout(20):
            async for message in client.messages:
                got.add((message.topic.value, message.payload.decode()))
                if got == wanted:
                    break


asyncio.run(speak())
print("heard everything")
