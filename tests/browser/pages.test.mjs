// Every page in every state and look, checked by axe (A, AA, AAA and best practice), by the HTML validator, and for
// structure, horizontal scrolling, the focus ring and sizes on the wire. PICTURES=1 stores a screenshot of each in
// tests/browser/output.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { launch, signIn, visitor } from "./support/browser.mjs";
import { startChanging } from "./support/changing.mjs";
import { startEverything } from "./support/everything.mjs";
import { startGated } from "./support/gated.mjs";
import { alice, fill, password, secrets } from "./support/filled.mjs";
import { Hub } from "./support/hub.mjs";
import { isPage, routeOf, routes } from "./support/routes.mjs";
import { order, spacing, structure } from "./support/structure.mjs";

const tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const pictures = new URL("./output/", import.meta.url).pathname;
const sources = `${pictures}html/`;
let browser, hub, everything, changing, gated, pages;

before(async () => {
  rmSync(sources, { recursive: true, force: true });
  mkdirSync(sources, { recursive: true });
  [browser, everything, changing, gated, hub] =
    await Promise.all([launch(), startEverything(), startChanging(), startGated(), Hub.start()]);
  pages = await fill({ browser, hub, servers: { Everything: everything, Changing: changing }, gated });
});

after(async () => {
  await browser?.close();
  everything?.stop();
  changing?.stop();
  gated?.stop();
  await hub?.stop();
});

// The rules of axe about colours, for looks that differ in colours only.
const ofColours = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"];

const looks = [
  { name: "light", width: 1280 },
  { name: "light-320", width: 320 },
  { name: "dark-320-no-script", colours: "dark", width: 320, blocked: true },
  { name: "text-200-no-script", width: 1280, blocked: true, text: "200%" },
  { name: "dark-still", colours: "dark", width: 1280, reducedMotion: "reduce", rules: ofColours },
  { name: "more-contrast", width: 1280, contrast: "more", rules: ofColours },
  { name: "forced-colours", width: 1280, forcedColors: "active", rules: ofColours },
];

// one after another: two at once take as long
for (const look of looks) {
  // far longer than the checks take on an idle machine
  test(`every page, ${look.name}`, { timeout: 1_200_000 }, async () => {
    const people = {};
    const faults = [];
    for (const [name, path, who = alice, act] of pages) {
      const page = (people[who] ??= await visitor(browser, hub, look));
      if (who && !page.signedIn) {
        await signIn(page, who, password);
        page.signedIn = true;
      }
      faults.push(...(await looked(page, look, { name, path, act })).map((fault) => `${name}: ${fault}`));
    }
    await Promise.all(Object.values(people).map((page) => page.context().close()));
    assert.deepEqual(faults, []);
  });
}

async function looked(page, look, { name, path, act }) {
  const first = await page.goto(path);
  const answer = (await act?.(page)) ?? first;
  if (look.blocked) writeFileSync(`${sources}${name}.html`, await answer.text());
  if (look.contrast) await page.emulateMedia({ contrast: look.contrast });
  if (look.text) await page.evaluate((size) => (document.documentElement.style.fontSize = size), look.text);
  if (process.env.PICTURES) await page.screenshot({ path: `${pictures}${name}-${look.name}.png`, fullPage: true });
  // no page has a frame, so axe need not look into frames
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const found = await (look.rules ? axe.withRules(look.rules) : axe.withTags(tags)).analyze();
  const seen = found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  return [...seen, ...(await structure(page)), ...(await order(page)), ...(await spacing(page))];
}

// Messages of the validator that do not apply: htmx's attributes, and the roles of tables. Narrow pages lay tables out as
// cards, and browsers need the roles to still expose them as tables.
const meant = ".*Attribute .hx-.* not allowed.*|.*must not be used on a .(tr|th|td|thead|tbody). element which has a .table. ancestor.*";

test("the HTML of every page is valid", { timeout: 300_000 }, async () => {
  const jar = new URL("./node_modules/vnu-jar/build/dist/vnu.jar", import.meta.url).pathname;
  const options = ["--errors-only", "--stdout", "--format", "gnu", "--filterpattern", meant];
  const run = spawnSync("java", ["-jar", jar, ...options, sources], { encoding: "utf8" });
  assert.equal(run.error, undefined);
  assert.equal(`${run.stdout}${run.stderr}`, "");
  assert.equal(run.status, 0);
});

test("nothing secret is in the database, the log, a page or a stream after all that", async () => {
  const page = await visitor(browser, hub);
  await signIn(page, alice, password);
  const job = pages.find(([name]) => name === "job-waits")[1].split("?")[0];
  const stream = await page.evaluate(async (path) => {
    const answer = await fetch(path, { headers: { accept: "text/event-stream" } });
    const { value } = await answer.body.getReader().read();
    return new TextDecoder().decode(value);
  }, `${job}/events`);
  await page.context().close();
  const html = readdirSync(sources).map((name) => readFileSync(`${sources}${name}`, "utf8")).join("\n");
  const given = await gated.secrets();
  const dump = hub.dump();
  const places = { dump, log: hub.errors, html, stream };
  assert.ok(dump.includes(alice) && html.includes("Sign in") && stream.includes("data:") && given.length >= 4, "the search finds nothing at all");
  for (const [place, text] of Object.entries(places)) {
    const found = [...secrets, ...given].filter((secret) => text.includes(secret));
    assert.deepEqual(found, [], `${place} has a secret`);
  }
  console.log(`${secrets.length + given.length} secrets sought in ${Math.round(dump.length / 1000)} kB of rows, ${Math.round(html.length / 1000)} kB of pages, the log and a stream: none found`);
});

test("every route that is a page was looked at", () => {
  const seen = new Set(pages.map(([, path]) => routeOf(path)));
  assert.deepEqual(routes.filter((route) => isPage(route) && !seen.has(route)), []);
});

test("every link leads somewhere", { timeout: 600_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, alice, password);
  const links = new Map();
  for (const [name, path] of pages) {
    await page.goto(path);
    for (const href of await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
      // these two answer only after a change
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

test("a chart wider than the screen shows its newest day first, a narrower one stands at the left", async () => {
  for (const width of [320, 1280]) {
    const page = await visitor(browser, hub, { width });
    await signIn(page, alice, password);
    const seen = await page.evaluate(() => {
      const frame = document.querySelector(".scroll:has(> .chart)").getBoundingClientRect();
      const chart = document.querySelector(".scroll > .chart").getBoundingClientRect();
      const today = [...document.querySelectorAll(".scroll > .chart rect:not(defs rect)")].at(-1).getBoundingClientRect();
      return { isToday: today.left >= frame.left && today.right <= frame.right, isLeft: chart.left === frame.left };
    });
    assert.deepEqual(seen, { isToday: true, isLeft: width > 320 }, `${width} px`);
    await page.context().close();
  }
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
  await signIn(page, alice, password);
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
