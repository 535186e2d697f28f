// An assistant on npm `@modelcontextprotocol/sdk`: lists the tools of a hub, calls one with progress, and prints what it got.
// Usage: assistant.mjs URL TOKEN
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, token] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${token}` } } });
const client = new Client({ name: "tests", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const steps = [];
const call = { name: "workbench__countdown", arguments: { seconds: 2 } };
const result = await client.callTool(call, undefined, { onprogress: ({ progress }) => steps.push(progress) });
const unknown = await client.callTool({ name: "nothing__like_it", arguments: {} }).catch((error) => error.message);
console.log(JSON.stringify({
  revision: transport.protocolVersion ?? null, tools: tools.map(({ name }) => name), text: result.content[0].text, steps, unknown,
}));
await client.close();
