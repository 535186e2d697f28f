"""An assistant on PyPI `mcp` that its person connects by signing in. Lists the tools of a hub, and prints them as JSON.

Usage: signed_in_assistant.py URL. It prints the address at which the person agrees, and reads the address of the answer.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

REDIRECT = "http://127.0.0.1:51004/callback"


class Storage:
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def show(url):
    print(url, flush=True)


async def read_answer():
    line = await asyncio.to_thread(sys.stdin.readline)
    query = parse_qs(urlparse(line.strip()).query)
    first = lambda name: query.get(name, [None])[0]
    return AuthorizationCodeResult(code=first("code"), state=first("state"), iss=first("iss"))


async def main(url):
    storage = Storage()
    metadata = OAuthClientMetadata(client_name="Python assistant", redirect_uris=[REDIRECT])
    provider = OAuthClientProvider(url, metadata, storage, show, read_answer)
    async with (
        httpx2.AsyncClient(auth=provider, timeout=60) as http,
        streamable_http_client(url, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        first = await session.list_tools()
        # the next request finds an access token that has ended, and refreshes it
        storage.tokens.access_token = "ended"
        provider.context.current_tokens.access_token = "ended"
        provider.context.token_expiry_time = 1
        second = await session.list_tools()
        assert len(first.tools) == len(second.tools)
        return {"tools": [tool.name for tool in second.tools], "scope": storage.tokens.scope}


print(json.dumps(asyncio.run(main(sys.argv[1]))))
