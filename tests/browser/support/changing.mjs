// A small MCP server with an image, whose second list of tools differs from the first.
import { startModern, tool } from "./modern.mjs";
import { picture } from "./reports.mjs";

const first = [
  tool("plant", "Plants a tree.", { kind: { type: "string" }, depth: { type: "number" } }, { readOnlyHint: false }),
  tool("leave", "Leaves.", {}),
];
const then = [
  tool("plant", "Plants a shrub.", { kind: { type: "string", maxLength: 20 }, town: { type: "string" } }, { destructiveHint: true }),
  tool("water", "Waters it. Slowly.", {}, { readOnlyHint: true }),
];

const discovery = {
  supportedVersions: ["2026-07-28"], capabilities: { tools: {} },
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "changing", version: "1", icons: [{ src: `data:image/png;base64,${picture}` }] } },
};

export function startChanging() {
  let lists = 0;
  return startModern({ "server/discover": () => discovery, "tools/list": () => ({ tools: lists++ ? then : first }) });
}
