// The main job as a screen reader meets it: what Chromium's accessibility tree says of each page, in reading order.
// It is computed, not heard. screen-reader.txt records it; RECORD=1 records it again.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { suite } from "./support/suite.mjs";

const record = new URL("./screen-reader.txt", import.meta.url);

const spoken = new Set(["banner", "button", "checkbox", "combobox", "contentinfo", "figure", "form", "group", "heading", "image",
  "link", "list", "main", "navigation", "radio", "region", "rowheader", "search", "searchbox", "table", "textbox", "DisclosureTriangle"]);

// Times, durations, versions and ids differ from run to run.
const masked = (text) => text
  .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "(id)")
  .replaceAll(/\b(today|yesterday) at \d\d:\d\d(:\d\d)?/g, "(time)")
  .replaceAll(/\b\d+ (s|sec|second|min|minute)s? ago|just now/g, "(time)")
  .replaceAll(/\b\d\d:\d\d(:\d\d)?\b/g, "(time)")
  .replaceAll(/\b[\d.]+ (ms|s|milliseconds?|seconds?)\b/g, "(duration)")
  .replaceAll(/\b\d+\.\d+\.\d+\b/g, "(version)");

const value = (it) => it?.value ?? "";
const property = (node, name) => node.properties?.find((it) => it.name === name)?.value.value;

// One line for each thing that is announced: its role and name, then its description and state.
function line(node) {
  const role = value(node.role);
  const parts = [role === "heading" ? `heading ${property(node, "level")}` : role, value(node.name)];
  if (value(node.description)) parts.push(`(${value(node.description)})`);
  for (const state of ["checked", "expanded", "invalid", "required"]) {
    const is = property(node, state);
    if (is !== undefined && is !== "false" && is !== false) parts.push(`[${state}]`);
  }
  return parts.filter(Boolean).join(" ");
}

async function read(page) {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines = [];
  const visit = (node, named) => {
    const role = value(node.role);
    const isSpoken = !node.ignored && spoken.has(role);
    if (isSpoken) lines.push(line(node));
    // the text of a link is its name, and is said once
    else if (!node.ignored && role === "StaticText" && !named.includes(value(node.name).trim())) lines.push(`"${value(node.name).trim()}"`);
    const names = isSpoken ? value(node.name) : named;
    for (const child of node.childIds ?? []) visit(byId.get(child), names);
  };
  visit(nodes[0], "");
  return masked(lines.join("\n"));
}

suite("screen reader", {}, (stage) => {
  test("the main job as a screen reader meets it", async () => {
    const page = await stage.enter("alice");
    const pages = [];
    const note = async (title) => pages.push(`# ${title}\n${await read(page)}`);
    await page.goto("/connectors/workbench/tools/hash");
    await note("The form of a tool");
    await page.getByRole("button", { name: "Run this tool" }).click();
    await page.getByRole("heading", { name: "There is a problem" }).waitFor();
    await note("The form with a mistake");
    await page.getByRole("textbox", { name: /^text/i }).fill("hello");
    await page.getByRole("button", { name: "Run this tool" }).click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
    await page.locator("#job-head").getByText("Succeeded", { exact: false }).first().waitFor();
    await page.reload();
    await note("The finished job");
    const text = `${pages.join("\n\n")}\n`;
    if (process.env.RECORD) writeFileSync(record, text);
    assert.equal(text, readFileSync(record, "utf8"));
  });
});
