// A small MCP server of protocol version 2026-07-28.
import { createServer } from "node:http";

const discovery = { supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };

export const tool = (name, description, properties, hints) =>
  ({ name, description, inputSchema: { type: "object", properties }, annotations: hints });

export const answer = (id, result) => ({ jsonrpc: "2.0", id, result: { resultType: "complete", ttlMs: 0, cacheScope: "private", ...result } });

// Starts a server whose `methods` return the result for a message. One that returns nothing sends the response itself.
export function startModern(methods) {
  const all = { "server/discover": () => discovery, ...methods };
  const server = createServer(async (request, response) => {
    const message = JSON.parse((await request.toArray()).join("") || "{}");
    const result = all[message.method]?.(message, response);
    if (response.headersSent) return;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer(message.id, result)));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/mcp`, stop: () => { server.close(); server.closeAllConnections(); } });
    });
  });
}
