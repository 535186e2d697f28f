// The reference MCP server from the npm registry, over streamable HTTP.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

const entry = new URL(
  "../../upstreams/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
  import.meta.url,
).pathname;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export async function startEverything() {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm ci in tests/upstreams`);
  const port = await freePort();
  const server = spawn(process.execPath, [entry, "streamableHttp"], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise((resolve, reject) => {
    const look = (bytes) => /listening|started|port/i.test(String(bytes)) && resolve();
    server.stdout.on("data", look);
    server.stderr.on("data", look);
    server.once("exit", (code) => reject(new Error(`server-everything ended with ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}/mcp`, stop: () => server.kill("SIGKILL") };
}
