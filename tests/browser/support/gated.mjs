// A server that wants a sign-in, with its own authorization server: see tests/upstreams/guarded.py.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const upstreams = new URL("../../upstreams/", import.meta.url).pathname;

export async function startGated() {
  const port = await freePort();
  const child = spawn(`${upstreams}venv/bin/python`, [`${upstreams}guarded.py`, port], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise((resolve, reject) => {
    let said = "";
    child.once("exit", () => reject(new Error(`the server ended: ${said}`)));
    child.once("error", reject);
    // read on: whoever stops reading stops the server at its next full pipe
    child.stderr.on("data", (piece) => {
      said += piece;
      if (said.includes("Uvicorn running")) resolve();
    });
  });
  const base = `http://127.0.0.1:${port}`;
  // what it takes back, nobody can renew
  const kill = () => fetch(`${base}/test/kill`, { method: "POST" });
  // what the hub was given and must keep to itself
  const secrets = async () => (await fetch(`${base}/test/secrets`)).json();
  return { url: `${base}/mcp`, kill, secrets, stop: () => child.kill() };
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
