// A small MCP server whose second list of tools differs from the first.
import { startModern, tool } from "./modern.mjs";

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
  return startModern({ "tools/list": () => ({ tools: lists++ ? then : first }) });
}
