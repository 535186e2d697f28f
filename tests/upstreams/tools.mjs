// Lists the tools of published MCP servers that speak over stdio, as lines of {name, schema}. None of them needs an account for that.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const servers = {
  everything: ["@modelcontextprotocol/server-everything/dist/index.js", "stdio"],
  filesystem: ["@modelcontextprotocol/server-filesystem/dist/index.js", "."],
  memory: ["@modelcontextprotocol/server-memory/dist/index.js"],
  thinking: ["@modelcontextprotocol/server-sequential-thinking/dist/index.js"],
  notion: ["@notionhq/notion-mcp-server/bin/cli.mjs"],
  context7: ["@upstash/context7-mcp/dist/index.js"],
};

async function list(name, [script, ...args]) {
  const file = fileURLToPath(new URL(`node_modules/${script}`, import.meta.url));
  const server = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const send = (message) => server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  send({ id: 0, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "tools", version: "1" } } });
  const tools = [];
  for await (const line of createInterface({ input: server.stdout })) {
    const { id, result, error } = JSON.parse(line);
    if (error) throw new Error(`${name}: ${error.message}`);
    if (id === 0) send({ method: "notifications/initialized" });
    if (id === 1) tools.push(...result.tools);
    if (id === 1 && !result.nextCursor) break;
    if (id === 0 || id === 1) send({ id: 1, method: "tools/list", params: { cursor: result.nextCursor } });
  }
  server.kill();
  return tools.map((tool) => ({ name: `${name} ${tool.name}`, schema: tool.inputSchema }));
}

for (const [name, command] of Object.entries(servers)) {
  for (const tool of await list(name, command)) console.log(JSON.stringify(tool));
}
