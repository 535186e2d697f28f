"""An assistant on PyPI `mcp` and `fastmcp`: lists the tools of a hub, calls one with progress, and prints what it got as JSON.

Usage: assistant.py {mcp,fastmcp,fastmcp-legacy} URL TOKEN. It calls `workbench__countdown` for two seconds, and a tool that does not exist.
"""

import asyncio
import json
import sys

import httpx2
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import ClientSession, MCPError
from mcp.client.streamable_http import streamable_http_client

TOOL, ARGUMENTS = "workbench__countdown", {"seconds": 2}


async def use_mcp(url, token):
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http,
        streamable_http_client(url, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        begun = await session.initialize()
        tools = await session.list_tools()
        steps = []

        async def on_progress(progress, total, message):
            steps.append(progress)

        result = await session.call_tool(TOOL, ARGUMENTS, progress_callback=on_progress)
        try:
            await session.call_tool("nothing__like_it", {})
            unknown = None
        except MCPError as error:
            unknown = str(error)
        return {
            "revision": begun.protocol_version,
            "tools": [tool.name for tool in tools.tools],
            "text": result.content[0].text,
            "steps": steps,
            "unknown": unknown,
        }


async def use_fastmcp(url, token, mode):
    steps = []

    async def on_progress(progress, total, message):
        steps.append(progress)

    transport = StreamableHttpTransport(url, headers={"Authorization": f"Bearer {token}"})
    async with Client(transport, progress_handler=on_progress, mode=mode) as client:
        tools = await client.list_tools()
        result = await client.call_tool(TOOL, ARGUMENTS)
        try:
            await client.call_tool("nothing__like_it", {})
            unknown = None
        except Exception as error:
            unknown = str(error)
        return {
            "revision": client.session.protocol_version,
            "tools": [tool.name for tool in tools],
            "text": result.content[0].text,
            "steps": steps,
            "unknown": unknown,
        }


async def main(library, url, token):
    if library == "mcp":
        return await use_mcp(url, token)
    return await use_fastmcp(url, token, "legacy" if library == "fastmcp-legacy" else "auto")


print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
