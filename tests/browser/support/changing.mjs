// A small MCP server with an image, whose second list of tools differs from the first.
import { startModern, tool } from "./modern.mjs";

const first = [
  tool("plant", "Plants a tree.", { kind: { type: "string" }, depth: { type: "number" } }, { readOnlyHint: false }),
  tool("leave", "Leaves.", {}),
];
const then = [
  tool("plant", "Plants a shrub.", { kind: { type: "string", maxLength: 20 }, town: { type: "string" } }, { destructiveHint: true }),
  tool("water", "Waters it. Slowly.", {}, { readOnlyHint: true }),
];

// A green disc.
const picture = [
  "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAYAAABXAvmHAAAAu0lEQVR42u3ayw2AMAwD0E7EKkzE7HBHiH7iJE7lSJzxExcatzXNRnNc5z3ylAxNh7EGT4Og",
  "g4dCvMO7IaKCu0CywkMQ2eHNiNIAlvBLCLbw04jSANbww4jSAPbwXQTyJe8RoAdAf2ZPwCdCAAEEEEAAAUoD9C8kANmZwAsQdiJLA6AQHoDQrUQqAIFAA8K3",
  "c0hAym6UAmBBoABpHQECkNrUWAAUPdkqgKatnAXQ9cWjANrW/g+gSxk7zQNqLLBJWnCUjAAAAABJRU5ErkJggg==",
].join("");
const discovery = {
  supportedVersions: ["2026-07-28"], capabilities: { tools: {} },
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "changing", version: "1", icons: [{ src: `data:image/png;base64,${picture}` }] } },
};

export function startChanging() {
  let lists = 0;
  return startModern({ "server/discover": () => discovery, "tools/list": () => ({ tools: lists++ ? then : first }) });
}
