"""An MCP server with an authorization server of its own: python guarded.py PORT [LIFE] [no-registration].

Clients register themselves, codes are bound (PKCE), refresh tokens rotate, and whoever asks is let in without a question.
LIFE is how many seconds an access token is good for. What a test needs to see or to bring about is under /test."""

import asyncio
import sys

from fastmcp import FastMCP
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers import in_memory
from mcp.server.auth.provider import TokenError
from starlette.requests import Request
from starlette.responses import JSONResponse

port = int(sys.argv[1])
in_memory.DEFAULT_ACCESS_TOKEN_EXPIRY_SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3600
registers = "no-registration" not in sys.argv


class Provider(in_memory.InMemoryOAuthProvider):
    refreshes = 0
    revocations = 0
    slow = 0.0
    dead = False

    async def exchange_refresh_token(self, client, refresh_token, scopes):
        Provider.refreshes += 1
        await asyncio.sleep(Provider.slow)
        if Provider.dead:
            raise TokenError("invalid_grant", "The grant was taken back")
        return await super().exchange_refresh_token(client, refresh_token, scopes)

    async def revoke_token(self, token):
        Provider.revocations += 1
        await super().revoke_token(token)


provider = Provider(
    base_url=f"http://127.0.0.1:{port}",
    client_registration_options=ClientRegistrationOptions(enabled=registers, valid_scopes=["read"]),
    revocation_options=RevocationOptions(enabled=True),
    required_scopes=["read"],
)
mcp = FastMCP("Guarded", instructions="Ask me when I know you.", auth=provider)


@mcp.tool
def echo(text: str) -> str:
    """Says the text back."""
    return text


@mcp.custom_route("/test/counts", methods=["GET"])
async def counts(_: Request) -> JSONResponse:
    return JSONResponse({
        "clients": len(provider.clients),
        "refreshes": Provider.refreshes,
        "revocations": Provider.revocations,
        "tokens": len(provider.access_tokens),
    })


@mcp.custom_route("/test/end-access", methods=["POST"])
async def end_access(_: Request) -> JSONResponse:
    """Ends every access token before its time; refresh tokens stay good."""
    provider.access_tokens.clear()
    return JSONResponse({})


@mcp.custom_route("/test/kill", methods=["POST"])
async def kill(_: Request) -> JSONResponse:
    """Takes every grant back."""
    provider.access_tokens.clear()
    Provider.dead = True
    return JSONResponse({})


@mcp.custom_route("/test/forget-clients", methods=["POST"])
async def forget_clients(_: Request) -> JSONResponse:
    """Knows no client any more; what was granted stays good."""
    provider.clients.clear()
    return JSONResponse({})


@mcp.custom_route("/test/revive", methods=["POST"])
async def revive(_: Request) -> JSONResponse:
    Provider.dead = False
    return JSONResponse({})


@mcp.custom_route("/test/slow", methods=["POST"])
async def slow(request: Request) -> JSONResponse:
    """Every refresh takes this long."""
    Provider.slow = float(request.query_params["seconds"])
    return JSONResponse({})


mcp.run(transport="http", host="127.0.0.1", port=port, show_banner=False)
