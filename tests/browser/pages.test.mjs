// Every page, as axe sees it (A, AA, AAA and best practice), in light and dark, wide and at 320 px, with and without
// script; and what axe does not see: one h1, no sideways scroll, the ring of focus, sizes on the wire.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { launch, signIn, visitor } from "./support/browser.mjs";
import { startChanging } from "./support/changing.mjs";
import { startEverything } from "./support/everything.mjs";
import { Hub } from "./support/hub.mjs";

const password = "correct horse battery staple";
const tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const pictures = new URL("./output/", import.meta.url).pathname;
let browser, hub, everything, changing, pages;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  [browser, everything, changing, hub] = await Promise.all([launch(), startEverything(), startChanging(), Hub.start()]);
  hub.user("alice@example.org", password);
  hub.user("empty@example.org", password);
  hub.user("choosy@example.org", password);
  pages = await fill();
});

after(async () => {
  await browser?.close();
  everything?.stop();
  changing?.stop();
  await hub?.stop();
});

// Makes something of each kind and names the page of each state.
async function fill() {
  const page = await visitor(browser, hub, { script: false });
  await signIn(page, "alice@example.org", password);
  for (const [name, server] of [["Everything", everything], ["Changing", changing]]) {
    await page.goto("/connectors/new/mcp");
    await page.getByLabel("Server URL").fill(server.url);
    await page.getByLabel("Name (optional)").fill(name);
    await page.getByRole("button", { name: "Add the server" }).click();
  }
  await page.getByRole("button", { name: "Look for changes" }).click();
  const run = async (path, fields = {}) => {
    await page.goto(path);
    for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).first().fill(value);
    await page.getByRole("button", { name: /^Run / }).click();
    return new URL(page.url()).pathname;
  };
  const done = await run("/connectors/everything/tools/echo", { "v/message": "hello" });
  const failed = await run("/connectors/workbench/tools/json_query", { "v/filter": ".[", "v/json": "{}" });
  const live = await run("/connectors/workbench/tools/countdown", { "v/seconds": "500" });
  for (const path of [done, failed]) await over(page, path);
  await page.goto("/audit");
  const entry = await page.getByRole("link", { name: "Tool run" }).first().getAttribute("href");
  await page.goto("/audit?outcome=error&action=job.finished");
  const failure = await page.getByRole("link", { name: "Tool run" }).first().getAttribute("href");
  const [session, reset, newEmail] = [await anotherSession(page), await resetLink(), await newEmailLink(page)];
  await choose();
  await page.context().close();
  return [
    ["front", "/", null], ["sign-in", "/sign-in", null], ["sign-up", "/sign-up", null],
    ["forgot", "/forgot?email=alice%40example.org", null], ["forgot-sent", "/forgot/sent", null],
    ["reset", reset, null], ["reset-dead", "/reset/cut-short", null], ["help", "/help", null],
    ["accessibility", "/accessibility", null], ["unknown", "/nowhere", null],
    ["connectors", "/connectors"], ["connectors-list", "/connectors?view=list&q=json"], ["connectors-found", "/connectors?q=echo"],
    ["connectors-none", "/connectors?q=nothing+like+it&category=custom"],
    ["connectors-error", `/connectors?q=${"x".repeat(300)}&state=lost`], ["connector", "/connectors/everything"],
    ["connector-changes", "/connectors/everything/discovery"], ["connector-changed", "/connectors/changing/discovery"],
    ["tool-removed", "/connectors/changing/tools/leave"], ["add", "/connectors/new/mcp"],
    ["workbench", "/connectors/workbench"],
    ["tool", "/connectors/everything/tools/get-sum"], ["tool-json", "/connectors/everything/tools/get-sum?as=json"],
    ["tool-rich", "/connectors/workbench/tools/convert_time_zone"],
    ["tool-again", `/connectors/everything/tools/echo?from=${done.split("/").pop()}`],
    ["dashboard", "/dashboard"], ["dashboard-month", "/dashboard?range=30d"], ["dashboard-hours", "/dashboard?range=24h"],
    ["dashboard-error", "/dashboard?range=x"], ["dashboard-empty", "/dashboard", "empty@example.org"],
    ["jobs-failed", "/jobs?status=failed&connector=workbench"], ["jobs-none", "/jobs?status=canceled"],
    ["jobs-error", "/jobs?status=lost&since=x"],
    ["jobs", "/jobs"], ["jobs-paused", "/jobs?live=off"], ["jobs-empty", "/jobs", "empty@example.org"],
    ["job-done", done], ["job-failed", failed], ["job-live", `${live}?live=off`], ["job-cancel", `${live}/cancellation`],
    ["audit", "/audit"], ["audit-filtered", "/audit?outcome=error&connector=workbench"],
    ["audit-none", "/audit?who=cli&action=jobs"], ["audit-error", "/audit?from=2026-11-24&to=2026-11-20&who=x"],
    ["entry", entry], ["entry-failed", failure], ["missing", "/jobs/00000000-0000-0000-0000-000000000000"],
    ["settings", "/settings"], ["settings-profile", "/settings/profile"], ["settings-appearance", "/settings/appearance"],
    ["settings-sign-in", "/settings/sign-in"], ["settings-email", "/settings/sign-in/email"],
    ["settings-password", "/settings/sign-in/password"], ["settings-sessions", "/settings/sessions"],
    ["settings-session", session], ["settings-others", "/settings/sessions/others"], ["email-confirm", newEmail],
    ["jobs-chosen", "/jobs", "choosy@example.org"], ["appearance-chosen", "/settings/appearance", "choosy@example.org"],
  ];
}

// Signs alice in once more, in a browser that is then left alone; returns the page that asks to end that.
async function anotherSession(page) {
  const other = await visitor(browser, hub, { script: false });
  await signIn(other, "alice@example.org", password);
  await page.goto("/settings/sessions");
  return page.locator("tbody a[href^='/settings/sessions/']").first().getAttribute("href");
}

async function resetLink() {
  const page = await visitor(browser, hub, { script: false });
  await page.goto("/forgot");
  await page.getByLabel("Email address").fill("empty@example.org");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.context().close();
  return hub.mailed(/\/reset\/\S+/);
}

async function newEmailLink(page) {
  await page.goto("/settings/sign-in/email");
  await page.getByLabel("New email address").fill("alice@new.example.org");
  await page.getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Send the link" }).click();
  return hub.mailed(/\/email\/\S+/);
}

// Somebody whose choices differ from what their system says.
async function choose() {
  const page = await visitor(browser, hub, { script: false });
  await signIn(page, "choosy@example.org", password);
  await page.goto("/settings/appearance");
  for (const answer of ["Dark", "More contrast", "Nothing moves"]) await page.getByLabel(answer).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.context().close();
}

async function over(page, path) {
  for (let tries = 0; tries < 40; tries++) {
    const { status } = await (await page.request.get(`${path}.json`)).json();
    if (!["queued", "running"].includes(status)) return;
    await page.goto(`${path}?after=9.9&wait=1`);
  }
  throw new Error(`${path} does not end`);
}

const looks = [
  { name: "light", colours: "light", width: 1280, script: true },
  { name: "dark", colours: "dark", width: 1280, script: true },
  { name: "light-320", colours: "light", width: 320, script: true },
  { name: "dark-320-no-script", colours: "dark", width: 320, script: true, blocked: true },
  { name: "more-contrast", colours: "light", width: 1280, script: true, contrast: "more" },
  { name: "forced-colours", colours: "light", width: 1280, script: true, forcedColors: "active" },
];

for (const look of looks) {
  test(`every page, ${look.name}`, { timeout: 300_000 }, async () => {
    const people = {};
    const faults = [];
    for (const [name, path, who = "alice@example.org"] of pages) {
      const page = (people[who] ??= await visitor(browser, hub, look));
      if (who && !page.signedIn) {
        await signIn(page, who, password);
        page.signedIn = true;
      }
      await page.goto(path);
      if (look.contrast) await page.emulateMedia({ contrast: look.contrast });
      await page.screenshot({ path: `${pictures}${name}-${look.name}.png`, fullPage: true });
      const found = await new AxeBuilder({ page }).withTags(tags).analyze();
      for (const it of found.violations) {
        faults.push(`${name}: ${it.id}: ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`);
      }
      faults.push(...(await structure(page)).map((fault) => `${name}: ${fault}`));
    }
    await Promise.all(Object.values(people).map((page) => page.context().close()));
    assert.deepEqual(faults, []);
  });
}

// What a page must be, whatever is on it.
const structure = (page) =>
  page.evaluate(() => {
    const faults = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (all("h1").length !== 1) faults.push(`${all("h1").length} h1`);
    if (all("main").length !== 1) faults.push("not one main");
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) faults.push(`scrolls sideways by ${wide}px`);
    const levels = all("h1,h2,h3,h4").map((heading) => Number(heading.tagName[1]));
    levels.forEach((level, at) => at && level > levels[at - 1] + 1 && faults.push(`a heading skips to h${level}`));
    const ids = all("[id]").map((it) => it.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.push(`two elements are #${id}`));
    all("[aria-describedby],[aria-labelledby]").forEach((it) => {
      for (const id of `${it.getAttribute("aria-describedby") ?? ""} ${it.getAttribute("aria-labelledby") ?? ""}`.split(/\s+/)) {
        if (id && !document.getElementById(id)) faults.push(`#${id} describes something and is not there`);
      }
    });
    return faults;
  });

test("every link leads somewhere", { timeout: 60_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  const links = new Map();
  for (const [name, path] of pages) {
    await page.goto(path);
    for (const href of await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
      // these two answer only when something happens
      if (!/\/live$|wait=/.test(href)) links.set(href, name);
    }
  }
  const dead = [];
  for (const [href, name] of links) {
    const status = (await page.request.get(href)).status();
    if (status !== 200) dead.push(`${name}: ${href} is ${status}`);
  }
  assert.deepEqual(dead, []);
  await page.context().close();
});

test("pages are light on the wire", async () => {
  const page = await visitor(browser, hub);
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  const sizes = {};
  wire.on("Network.responseReceived", ({ requestId, response }) => (sizes[requestId] = { url: response.url, bytes: 0 }));
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (sizes[requestId]) sizes[requestId].bytes = encodedDataLength;
  });
  await page.goto("/sign-in", { waitUntil: "networkidle" });
  const first = Object.values(sizes);
  const total = first.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`first load: ${first.length} requests, ${total} bytes`);
  assert.ok(first.length <= 5, `${first.length} requests`);
  assert.ok(total <= 40_000, `${total} bytes`);
  await page.context().close();
});

test("focus can be seen and goes where it should", async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await page.goto("/connectors/new/mcp");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to main content");
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(ring, "3px");
  await page.getByRole("button", { name: "Add the server" }).click();
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains("summary")), "focus is on the summary");
  await page.context().close();
});
