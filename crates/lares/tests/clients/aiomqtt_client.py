# aiomqtt as a home's client, in version 3.1.1 and 5: URL USERNAME PASSWORD AUTHORITY.


import asyncio
import sys
from urllib.parse import urlparse

import aiomqtt

url, username, password, authority = sys.argv[1:5]
way = urlparse(url)


async def speak(version):
    base = f"aio/{version.name}/{way.scheme}"
    socket = way.scheme.startswith("ws")
    client = aiomqtt.Client(
        way.hostname,
        port=way.port,
        username=username,
        password=password,
        protocol=version,
        transport="websockets" if socket else "tcp",
        websocket_path=way.path if socket else None,
        tls_params=aiomqtt.TLSParameters(ca_certs=authority) if way.scheme in ("mqtts", "wss") else None,
    )
    async with client:
        await client.subscribe(f"{base}/#", qos=2)
        wanted = set()
        for qos in (0, 1, 2):
            await client.publish(f"{base}/{qos}", str(qos) * 50, qos=qos, retain=qos == 1)
            wanted.add((f"{base}/{qos}", str(qos) * 50))
        got = set()
        async with asyncio.timeout(20):
            async for message in client.messages:
                got.add((message.topic.value, message.payload.decode()))
                if got == wanted:
                    break


for version in (aiomqtt.ProtocolVersion.V311, aiomqtt.ProtocolVersion.V5):
    asyncio.run(speak(version))
print("heard everything")
