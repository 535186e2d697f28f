"""An MCP server with its own authorization server: python guarded.py PORT [LIFETIME] [no-registration] [writes] [late].

Clients register themselves, codes require PKCE, refresh tokens rotate, and consent is given without a question. LIFETIME
is the number of seconds before an access token expires. With `writes`, a tool requires a second scope. With `late`, the
tools are listed without sign-in, and only a call requires it. The routes below /test read and change the state."""

import asyncio
import json
import sys

from fastmcp import FastMCP
from fastmcp.server.auth.auth import AccessToken, ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers import in_memory
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import TokenError
from starlette.authentication import AuthCredentials
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse

port = int(sys.argv[1])
in_memory.DEFAULT_ACCESS_TOKEN_EXPIRY_SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3600
registers, writes, late = "no-registration" not in sys.argv, "writes" in sys.argv, "late" in sys.argv


class AnswerGate:
    """Holds the answers of the token endpoint: the provider has decided them, and sends them after the release."""

    def __init__(self):
        self.answered = asyncio.Event()
        self.released = asyncio.Event()


class Provider(in_memory.InMemoryOAuthProvider):
    exchanges = 0
    refreshes = 0
    revocations = 0
    gate = None
    dead = False
    failing = None
    issued = []

    async def register_client(self, client_info):
        await super().register_client(client_info)
        Provider.issued.append(client_info.client_secret)

    def issue(self, tokens):
        Provider.issued += [tokens.access_token, tokens.refresh_token]
        return tokens

    async def pass_gate(self):
        if gate := Provider.gate:
            gate.answered.set()
            await gate.released.wait()

    async def exchange_authorization_code(self, client, authorization_code):
        Provider.exchanges += 1
        Provider.issued.append(authorization_code.code)
        try:
            return self.issue(await super().exchange_authorization_code(client, authorization_code))
        finally:
            await self.pass_gate()

    async def exchange_refresh_token(self, client, refresh_token, scopes):
        Provider.refreshes += 1
        try:
            if Provider.failing:
                raise Provider.failing
            if Provider.dead:
                raise TokenError("invalid_grant", "Access was withdrawn")
            return self.issue(await super().exchange_refresh_token(client, refresh_token, scopes))
        finally:
            await self.pass_gate()

    async def revoke_token(self, token):
        Provider.revocations += 1
        await super().revoke_token(token)


provider = Provider(
    base_url=f"http://127.0.0.1:{port}",
    client_registration_options=ClientRegistrationOptions(enabled=registers, valid_scopes=["read", "write"] if writes else ["read"]),
    revocation_options=RevocationOptions(enabled=True),
    required_scopes=["read"],
)
mcp = FastMCP("Guarded", instructions="Ask me when I know you.", auth=provider)


@mcp.tool
def echo(text: str) -> str:
    """Says the text back."""
    return text


if writes:

    @mcp.tool
    def save(text: str) -> str:
        """Needs the scope `write`."""
        return f"saved {text}"


class LateRequirements:
    """Requires a further scope, or the sign-in, only when a tool is called. fastmcp cannot do this."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/mcp" or not (writes or late):
            return await self.app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)

        async def replay():
            nonlocal body
            if body is None:
                return await receive()
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        call = json.loads(body or b"{}")
        bearer = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        if late and not bearer and call.get("method") != "tools/call":
            visitor = AccessToken(token="visitor", client_id="visitor", scopes=["read"])
            scope["headers"] = [*scope["headers"], (b"authorization", b"Bearer visitor")]
            scope["auth"], scope["user"] = AuthCredentials(["read"]), AuthenticatedUser(visitor)
        token = provider.access_tokens.get(bearer)
        if token and call.get("method") == "tools/call" and call["params"]["name"] == "save" and "write" not in token.scopes:
            challenge = 'Bearer error="insufficient_scope", scope="write"'
            return await JSONResponse({}, 403, {"WWW-Authenticate": challenge})(scope, replay, send)
        return await self.app(scope, replay, send)


@mcp.custom_route("/test/counts", methods=["GET"])
async def counts(_: Request) -> JSONResponse:
    return JSONResponse({
        "clients": len(provider.clients),
        "exchanges": Provider.exchanges,
        "refreshes": Provider.refreshes,
        "revocations": Provider.revocations,
        "tokens": len(provider.access_tokens),
    })


@mcp.custom_route("/test/secrets", methods=["GET"])
async def secrets(_: Request) -> JSONResponse:
    """Returns every secret that a hub has received."""
    return JSONResponse([secret for secret in Provider.issued if secret])


@mcp.custom_route("/test/end-access", methods=["POST"])
async def end_access(_: Request) -> JSONResponse:
    """Ends every access token early; refresh tokens stay valid."""
    provider.access_tokens.clear()
    return JSONResponse({})


@mcp.custom_route("/test/kill", methods=["POST"])
async def kill(_: Request) -> JSONResponse:
    """Revokes every grant."""
    provider.access_tokens.clear()
    Provider.dead = True
    return JSONResponse({})


@mcp.custom_route("/test/revive", methods=["POST"])
async def revive(_: Request) -> JSONResponse:
    Provider.dead = False
    return JSONResponse({})


@mcp.custom_route("/test/hold-answer", methods=["POST"])
async def hold_answer(_: Request) -> JSONResponse:
    """Holds every answer of the token endpoint until `release-answer`."""
    Provider.gate = AnswerGate()
    return JSONResponse({})


@mcp.custom_route("/test/held-answer", methods=["POST"])
async def held_answer(_: Request) -> JSONResponse:
    """Returns once an answer is held."""
    await Provider.gate.answered.wait()
    return JSONResponse({})


@mcp.custom_route("/test/release-answer", methods=["POST"])
async def release_answer(_: Request) -> JSONResponse:
    """Sends the answers that are held, and holds no more."""
    gate, Provider.gate = Provider.gate, None
    gate.released.set()
    return JSONResponse({})


@mcp.custom_route("/test/fail", methods=["POST"])
async def fail(request: Request) -> JSONResponse:
    """Answers every refresh with this status and an optional Retry-After; without a status, refreshes work again."""
    status, after = request.query_params.get("status"), request.query_params.get("after")
    headers = {"Retry-After": after} if after else None
    Provider.failing = HTTPException(int(status), headers=headers) if status else None
    return JSONResponse({})


@mcp.custom_route("/test/forget-clients", methods=["POST"])
async def forget_clients(_: Request) -> JSONResponse:
    """Deletes every client and its access tokens."""
    provider.clients.clear()
    provider.access_tokens.clear()
    return JSONResponse({})


mcp.run(transport="http", host="127.0.0.1", port=port, show_banner=False, middleware=[Middleware(LateRequirements)])
