// A small MCP server of protocol version 2026-07-28 whose second list of tools differs from the first.
import { createServer } from "node:http";

const tool = (name, description, properties, hints) =>
  ({ name, description, inputSchema: { type: "object", properties }, annotations: hints });

const first = [
  tool("plant", "Plants a tree.", { kind: { type: "string" }, depth: { type: "number" } }, { readOnlyHint: false }),
  tool("leave", "Leaves.", {}),
];
const then = [
  tool("plant", "Plants a shrub.", { kind: { type: "string", maxLength: 20 }, town: { type: "string" } }, { destructiveHint: true }),
  tool("water", "Waters it. Slowly.", {}, { readOnlyHint: true }),
];

export function startChanging() {
  let lists = 0;
  const answers = {
    "server/discover": () => ({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } }),
    "tools/list": () => ({ tools: lists++ ? then : first }),
  };
  const server = createServer(async (request, response) => {
    const { id, method } = JSON.parse((await request.toArray()).join("") || "{}");
    const result = { resultType: "complete", ttlMs: 0, cacheScope: "private", ...answers[method]?.() };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/mcp`, stop: () => { server.close(); server.closeAllConnections(); } });
    });
  });
}
