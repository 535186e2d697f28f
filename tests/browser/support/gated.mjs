// An MCP server that requires sign-in, with its own authorization server: tests/upstreams/guarded.py.
import { spawn } from "node:child_process";
import { freePort } from "./ports.mjs";

const upstreams = new URL("../../upstreams/", import.meta.url).pathname;

export async function startGated() {
  const port = await freePort();
  const child = spawn(`${upstreams}venv/bin/python`, [`${upstreams}guarded.py`, port], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise((resolve, reject) => {
    let output = "";
    child.once("exit", () => reject(new Error(`the server ended: ${output}`)));
    child.once("error", reject);
    // the server would block on a full pipe
    child.stderr.on("data", (piece) => {
      output += piece;
      if (output.includes("Uvicorn running")) resolve();
    });
  });
  const base = `http://127.0.0.1:${port}`;
  // revokes every grant
  const kill = () => fetch(`${base}/test/kill`, { method: "POST" });
  // returns every secret that the hub has received
  const secrets = async () => (await fetch(`${base}/test/secrets`)).json();
  return { url: `${base}/mcp`, kill, secrets, stop: () => child.kill() };
}
