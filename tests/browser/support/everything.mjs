// The reference MCP server from npm, over streamable HTTP.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { freePort } from "./ports.mjs";

const entry = new URL(
  "../../upstreams/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
  import.meta.url,
).pathname;

export async function startEverything() {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm ci in tests/upstreams`);
  const port = await freePort();
  const server = spawn(process.execPath, [entry, "streamableHttp"], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise((resolve, reject) => {
    const check = (bytes) => /listening|started|port/i.test(String(bytes)) && resolve();
    server.stdout.on("data", check);
    server.stderr.on("data", check);
    server.once("exit", (code) => reject(new Error(`server-everything ended with ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}/mcp`, stop: () => server.kill("SIGKILL") };
}
