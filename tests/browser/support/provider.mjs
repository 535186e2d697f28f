// The authorization server of a local service. It asks for consent on a plain page, and checks all that a client sends.
import { createHash, randomBytes } from "node:crypto";

// The OAuth application that an administrator enters in the hub.
export const application = { id: "hub-at-the-provider", secret: "cs-5d0b93-of-the-hub" };

const random = (beginning) => beginning + randomBytes(12).toString("hex");

const parse = ({ headers, body }) =>
  headers["content-type"] === "application/json" ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));

// Makes a provider with these paths. `answer` returns the response to a request of a sign-in, and undefined to any other;
// `accepts` says whether a request has an access token of this provider.
export function makeProvider({ name, authorize, token }) {
  const codes = new Map();
  const issued = new Set();

  const consent = (query) => new Response(
    `<!doctype html><html lang="en"><title>${name}</title><link rel="icon" href="data:,">
    <h1>${name} asks for your consent</h1>
    <p>${query.get("scope")}</p><form method="post"><button>Accept</button></form></html>`,
    { headers: { "content-type": "text/html" } },
  );

  const giveCode = (query) => {
    const code = random("code-");
    codes.set(code, query);
    const back = new URL(query.get("redirect_uri"));
    back.search = new URLSearchParams({ code, state: query.get("state") });
    return new Response(null, { status: 303, headers: { location: String(back) } });
  };

  const exchange = (sent) => {
    const query = codes.get(sent.code);
    codes.delete(sent.code);
    const challenge = createHash("sha256").update(sent.code_verifier ?? "").digest("base64url");
    const isRight = query?.get("code_challenge") === challenge && query.get("code_challenge_method") === "S256"
      && query.get("redirect_uri") === sent.redirect_uri && sent.grant_type === "authorization_code"
      && query.get("client_id") === application.id && sent.client_id === application.id && sent.client_secret === application.secret;
    if (!isRight) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const access = random("at-");
    issued.add(`Bearer ${access}`);
    return Response.json({ access_token: access, refresh_token: random("rt-"), expires_in: 3600, token_type: "Bearer", scope: query.get("scope") });
  };

  return {
    accepts: ({ headers }) => issued.has(headers.authorization),
    answer: (request) => {
      const { pathname, searchParams } = new URL(request.path, "http://provider");
      if (pathname === authorize) return request.method === "GET" ? consent(searchParams) : giveCode(searchParams);
      return pathname === token ? exchange(parse(request)) : undefined;
    },
  };
}
