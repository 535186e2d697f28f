// The main job with the keyboard alone, without and with script. keyboard.json records the path of the focus, which is
// always visible and never lost. RECORD=1 records the path again.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { password, suite } from "./support/suite.mjs";

const record = new URL("./keyboard.json", import.meta.url);

// Returns the accessible name of the focused element, and whether its focus ring is visible.
const focused = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    const label = it.labels?.[0]?.textContent ?? it.getAttribute("aria-label") ?? it.textContent;
    const style = getComputedStyle(it);
    const box = it.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 40), box.top + box.height / 2);
    return {
      kind: it.localName,
      name: label.replace(/\s+/g, " ").trim().slice(0, 60),
      // the link of a card covers it, and the ring is that of the cover
      ring: Math.max(...[style, getComputedStyle(it, "::after")].map((drawn) => (drawn.outlineStyle === "none" ? 0 : parseFloat(drawn.outlineWidth)))),
      isSeen: at !== null && (it.contains(at) || at.contains(it)),
    };
  });

// Presses Tab until the named element has the focus; records every stop.
async function tabTo(page, path, kind, name) {
  for (let stops = 0; stops < 80; stops++) {
    await page.keyboard.press("Tab");
    const it = await focused(page);
    assert.notEqual(it.kind, "body", `the focus was lost on the way to "${name}"`);
    assert.ok(it.ring >= 2, `the focus on ${it.kind} "${it.name}" has no ring`);
    assert.ok(it.isSeen, `the focus on ${it.kind} "${it.name}" is hidden`);
    path.push(`${it.kind}: ${it.name}`);
    if (it.kind === kind && it.name.startsWith(name)) return;
  }
  assert.fail(`no ${kind} "${name}" is reached:\n${path.slice(-80).join("\n")}`);
}

async function walk(page, email) {
  const path = [];
  const to = (kind, name) => tabTo(page, path, kind, name);
  const go = async (url) => {
    await Promise.all([page.waitForURL(url), page.keyboard.press("Enter")]);
    await page.waitForLoadState("domcontentloaded");
    path.push(`> ${new URL(page.url()).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]+/, "…")}`);
  };
  await page.goto("/sign-in");
  await to("input", "Email address");
  await page.keyboard.type(email);
  await to("input", "Password");
  await page.keyboard.type(password);
  await go("**/dashboard");
  await to("a", "Skip to main content");
  await to("a", "Connectors");
  await go("**/connectors");
  await to("a", "Workbench");
  await go("**/connectors/workbench");
  await to("a", "Hash");
  await go("**/tools/hash");
  await to("textarea", "Text");
  await page.keyboard.type("typed without a mouse");
  await to("button", "Run this tool");
  await go("**/jobs/*");
  assert.match(await page.textContent("h1"), /hash/i);
  return path;
}

suite("keyboard", {}, (stage) => {
  for (const script of [false, true]) {
    test(`the main job by keyboard, script ${script ? "on" : "off"}`, async () => {
      const page = await stage.visit({ blocked: !script });
      const path = await walk(page, stage.account("alice"));
      const name = script ? "script on" : "script off";
      const kept = JSON.parse(readFileSync(record, "utf8"));
      if (process.env.RECORD) writeFileSync(record, `${JSON.stringify({ ...kept, [name]: path }, null, 2)}\n`);
      else assert.deepEqual(path, kept[name], "the focus takes another path; if that is meant, run with RECORD=1");
    });
  }
});
