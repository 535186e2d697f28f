// An assistant on npm `@modelcontextprotocol/sdk` that its person connects by signing in. Lists the tools of a hub, and prints them.
// Usage: signed_in_assistant.mjs URL. It prints the address at which the person agrees, and reads the address of the answer.
import { createInterface } from "node:readline/promises";
import { UnauthorizedError, auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const url = new URL(process.argv[2]);
const redirectUrl = "http://127.0.0.1:51004/callback";
const stored = {};
const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: "Node assistant", redirect_uris: [redirectUrl] },
  state: () => "the state",
  clientInformation: () => stored.client,
  saveClientInformation: (client) => void (stored.client = client),
  tokens: () => stored.tokens,
  saveTokens: (tokens) => void (stored.tokens = tokens),
  saveCodeVerifier: (verifier) => void (stored.verifier = verifier),
  codeVerifier: () => stored.verifier,
  redirectToAuthorization: (address) => console.log(address.href),
};
const connect = async (transport) => {
  const client = new Client({ name: "tests", version: "1" });
  await client.connect(transport);
  return client;
};

const refused = new StreamableHTTPClientTransport(url, { authProvider });
await connect(refused).catch((error) => { if (!(error instanceof UnauthorizedError)) throw error; });
const lines = createInterface({ input: process.stdin });
const answer = new URL((await lines[Symbol.asyncIterator]().next()).value);
lines.close();
await refused.finishAuth(answer.searchParams.get("code"));
// a refreshed token works too
await auth(authProvider, { serverUrl: url });
const client = await connect(new StreamableHTTPClientTransport(url, { authProvider }));
const { tools } = await client.listTools();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), scope: stored.tokens.scope }));
await client.close();
