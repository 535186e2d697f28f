// Every page in every state and look, checked by axe (A, AA, AAA and best practice), by the HTML validator, and for
// structure, horizontal scrolling, the focus ring and sizes on the wire. PICTURES=1 stores a screenshot of each in
// tests/browser/output.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { ofColours, violations } from "./support/axe.mjs";
import { startChanging } from "./support/changing.mjs";
import { startEverything } from "./support/everything.mjs";
import { startGated } from "./support/gated.mjs";
import { fill, secrets } from "./support/filled.mjs";
import { startReports } from "./support/reports.mjs";
import { isPage, routeOf, routes } from "./support/routes.mjs";
import { order, spacing, structure } from "./support/structure.mjs";
import { suite } from "./support/suite.mjs";

const pictures = new URL("./output/", import.meta.url).pathname;
const sources = `${pictures}html/`;

// A page is loaded once with scripts and once without, and takes each look in place. Looks that differ in colours only are
// checked by the rules about colours. Set right to left, a page must only not scroll sideways: its words stay English.
const withScript = [
  { name: "light" },
  { name: "light-320", width: 320 },
  { name: "dark-still", colours: "dark", motion: "reduce", rules: ofColours },
  { name: "more-contrast", contrast: "more", rules: ofColours },
  { name: "forced-colours", forced: "active", rules: ofColours },
  { name: "right-to-left-320", width: 320, direction: "rtl" },
];
const withoutScript = [
  { name: "text-200-no-script", text: "200%" },
  { name: "dark-320-no-script", colours: "dark", width: 320 },
];

async function dress(page, { width = 1280, colours = "light", motion = "no-preference", contrast = "no-preference", forced = "none", text = "", direction = "" }) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: colours, reducedMotion: motion, contrast, forcedColors: forced });
  await page.evaluate(([size, direction]) => {
    document.documentElement.style.fontSize = size;
    document.documentElement.dir = direction;
    // a colour on its way from the last look to this one belongs to neither
    document.getAnimations().filter((it) => it instanceof CSSTransition).forEach((it) => it.finish());
  }, [text, direction]);
}

async function faultsOf(page, look, name) {
  await dress(page, look);
  if (process.env.PICTURES) await page.screenshot({ path: `${pictures}${name}-${look.name}.png`, fullPage: true });
  const found = look.direction ? await structure(page) : await violations(page, look.rules);
  if (!look.rules && !look.direction) found.push(...(await structure(page)), ...(await order(page)), ...(await spacing(page)));
  return found.map((fault) => `${name}, ${look.name}: ${fault}`);
}

suite("pages", { servers: { everything: startEverything, changing: startChanging, gated: startGated, reports: startReports } }, (stage) => {
  // each address that a page links to, with the page and the person
  const links = new Map();
  let pages;

  before(async () => {
    rmSync(sources, { recursive: true, force: true });
    mkdirSync(sources, { recursive: true });
    pages = await fill(stage);
  });

  // Opens the page of each state as its person, and calls `check`.
  async function eachState(blocked, looks, check) {
    const people = {};
    for (const [name, path, who = "alice", act] of pages) {
      const page = (people[who] ??= await (who ? stage.enter(who, { blocked }) : stage.visit({ blocked })));
      await dress(page, looks[0]);
      const first = await page.goto(path);
      await check({ page, name, who, answer: (await act?.(page)) ?? first });
    }
  }

  test("every page, with script", async () => {
    const faults = [];
    await eachState(false, withScript, async ({ page, name, who }) => {
      for (const href of await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
        // these two answer only after a change
        if (!/\/live$|wait=/.test(href) && !links.has(href)) links.set(href, { name, who });
      }
      for (const look of withScript) faults.push(...(await faultsOf(page, look, name)));
    });
    assert.deepEqual(faults, []);
  });

  test("every page, without script", async () => {
    const faults = [];
    await eachState(true, withoutScript, async ({ page, name, answer }) => {
      writeFileSync(`${sources}${name}.html`, await answer.text());
      for (const look of withoutScript) faults.push(...(await faultsOf(page, look, name)));
    });
    assert.deepEqual(faults, []);
  });

  test("every link leads somewhere", async () => {
    const people = {};
    const dead = [];
    for (const [href, { name, who }] of links) {
      const page = (people[who] ??= await (who ? stage.enter(who) : stage.visit()));
      const status = (await page.request.get(href)).status();
      if (status !== 200) dead.push(`${name}: ${href} is ${status}`);
    }
    assert.ok(links.size > 100, "the pages were not looked at");
    assert.deepEqual(dead, []);
  });

  test("the HTML of every page is valid", async () => {
    const jar = new URL("./node_modules/vnu-jar/build/dist/vnu.jar", import.meta.url).pathname;
    const options = ["--errors-only", "--stdout", "--format", "gnu"];
    const run = spawnSync("java", ["-jar", jar, ...options, sources], { encoding: "utf8" });
    assert.equal(run.error, undefined);
    assert.equal(`${run.stdout}${run.stderr}`, "");
    assert.equal(run.status, 0);
  });

  test("nothing secret is in the database, the log, a page or a stream after all that", async () => {
    const page = await stage.enter("alice");
    await page.goto("/");
    const job = pages.find(([name]) => name === "job-waits")[1].split("?")[0];
    const stream = await page.evaluate(async (path) => {
      const answer = await fetch(path, { headers: { accept: "text/event-stream" } });
      const { value } = await answer.body.getReader().read();
      return new TextDecoder().decode(value);
    }, `${job}/events`);
    const html = readdirSync(sources).map((name) => readFileSync(`${sources}${name}`, "utf8")).join("\n");
    const given = await stage.gated.secrets();
    const dump = stage.hub.dump();
    const places = { dump, log: stage.hub.errors, html, stream };
    assert.ok(dump.includes(stage.email("alice")) && html.includes("Sign in") && stream.includes("data:") && given.length >= 4, "the search finds nothing at all");
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

  test("a chart wider than the screen shows its newest day first, a narrower one stands at the left", async () => {
    for (const width of [320, 1280]) {
      const page = await stage.enter("alice", { width });
      await page.goto("/dashboard");
      const seen = await page.evaluate(() => {
        const frame = document.querySelector(".scroll:has(> .chart)").getBoundingClientRect();
        const chart = document.querySelector(".scroll > .chart").getBoundingClientRect();
        const today = [...document.querySelectorAll(".scroll > .chart rect:not(defs rect)")].at(-1).getBoundingClientRect();
        return { isToday: today.left >= frame.left && today.right <= frame.right, isLeft: chart.left === frame.left };
      });
      assert.deepEqual(seen, { isToday: true, isLeft: width > 320 }, `${width} px`);
    }
  });

  test("the masthead takes at most a fifth of a small view, and its menu opens below it without script", async () => {
    const page = await stage.enter("alice", { width: 320, script: false });
    await page.setViewportSize({ width: 320, height: 256 });
    await page.goto("/jobs");
    const height = () => page.locator(".masthead").evaluate((it) => it.getBoundingClientRect().height);
    assert.ok((await height()) <= 256 / 5, `${await height()} px`);
    const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" });
    assert.ok(!(await link.isVisible()), "the menu is open from the start");
    const top = () => page.getByText("Menu", { exact: true }).evaluate((it) => it.getBoundingClientRect().top);
    const before = await top();
    await page.getByText("Menu", { exact: true }).click();
    assert.equal(await top(), before, "the switch moved away from where it was pressed");
    await link.click();
    await page.waitForURL("**/audit");
  });

  test("pages are light on the wire", async () => {
    const page = await stage.visit();
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
  });

  test("focus can be seen and goes where it should", async () => {
    const page = await stage.enter("alice");
    await page.goto("/connectors/new/mcp");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to main content");
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(ring, "3px");
    await page.getByRole("button", { name: "Add the server" }).click();
    await page.locator(".summary:focus", { hasText: "There is a problem" }).waitFor();
  });
});
