"""An MCP server of protocol version 2026-07-28: python modern.py PORT."""

import asyncio
import sys

from fastmcp import Context, FastMCP
from mcp.types import ResourceLink
from starlette.requests import Request
from starlette.responses import JSONResponse

mcp = FastMCP("Modern", instructions="Ask me anything.")
stopped = 0
woken = asyncio.Event()


@mcp.tool
def echo(text: str) -> str:
    """Says the text back."""
    return text


@mcp.tool
async def steps(count: int, context: Context) -> str:
    """Reports each step."""
    for step in range(count):
        await context.report_progress(step + 1, count, f"step {step + 1}")
    return "done"


@mcp.tool
async def wait(context: Context) -> str:
    """Waits until it is told to stop."""
    global stopped
    await context.report_progress(1, 2, "waiting")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        stopped += 1
        raise
    return "never"


@mcp.tool(annotations={"readOnlyHint": True})
async def rest(context: Context) -> str:
    """Rests until it is woken. It may be called again."""
    await context.report_progress(1, 2, "resting")
    await woken.wait()
    return "rested"


@mcp.tool(annotations={"readOnlyHint": True})
def links() -> list[ResourceLink]:
    """Links to a resource."""
    return [ResourceLink(type="resource_link", uri="demo://reports/slow", name="slow", title="Slow report")]


@mcp.resource("demo://reports/slow")
async def slow() -> str:
    """A report that is ready once the server is woken."""
    await woken.wait()
    return "all is well"


@mcp.custom_route("/test/wake", methods=["POST"])
async def wake(_: Request) -> JSONResponse:
    """Ends every call of `rest` and every reading of `slow`, now and later."""
    woken.set()
    return JSONResponse({})


@mcp.tool
def stops() -> int:
    """How often a wait was told to stop."""
    return stopped


@mcp.tool
def fail() -> str:
    """Fails."""
    raise ValueError("no luck today")


mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
