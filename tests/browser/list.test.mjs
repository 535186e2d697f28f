// Live updates of the list of jobs: rows change while the page is open, and keep the selection and the focus.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { startCounting } from "./support/counting.mjs";
import { addServer, elsewhere, run } from "./support/steps.mjs";
import { suite } from "./support/suite.mjs";

const pictures = new URL("./output/", import.meta.url).pathname;

suite("list", { servers: { counting: startCounting } }, (stage) => {
  before(() => mkdirSync(pictures, { recursive: true }));

  const hash = (page) => elsewhere(page, (tab) => run(tab, "/connectors/workbench/tools/hash", { text: "abc" }));
  const rowOf = (page, path) => page.locator(`#job-${path.split("/").pop()}`);

  // Runs the tool `count` in a new tab; returns the path of the job and the call, which goes on when it is told to.
  async function count(page) {
    const path = await elsewhere(page, async (tab) => {
      await addServer(tab, "Counting", stage.counting);
      return run(tab, "/connectors/counting/tools/count");
    });
    return { path, call: await stage.counting.nextCall() };
  }

  test("a row changes in place: focus, scroll and the order of rows stay", async () => {
    const page = await stage.enter("alice");
    for (let n = 0; n < 2; n++) await hash(page);
    const { path, call } = await count(page);
    await page.setViewportSize({ width: 1280, height: 300 });
    await page.goto("/jobs");
    await rowOf(page, path).locator("td .state", { hasText: /Queued|Running/ }).waitFor();
    const link = rowOf(page, path).locator("th .title a");
    await link.focus();
    const before = await page.evaluate(() => ({
      scroll: scrollY,
      top: document.activeElement.getBoundingClientRect().top,
      columns: [...document.querySelectorAll("thead th")].map((it) => it.getBoundingClientRect().left),
      ids: [...document.querySelectorAll("tbody tr")].map((row) => row.id),
    }));
    assert.ok(before.scroll > 0, "the test wants a page that is scrolled");
    await link.evaluate((it) => (it.dataset.mark = "the same element"));
    call.finish();
    await rowOf(page, path).locator("td .state", { hasText: "Succeeded" }).waitFor();
    await rowOf(page, path).locator("td", { hasText: /\d\s(ms|s|min)\b/ }).first().waitFor();
    const now = await page.evaluate(() => ({
      scroll: scrollY,
      top: document.activeElement.getBoundingClientRect().top,
      columns: [...document.querySelectorAll("thead th")].map((it) => it.getBoundingClientRect().left),
      ids: [...document.querySelectorAll("tbody tr")].map((row) => row.id),
    }));
    assert.deepEqual(now, before);
    const focused = await page.evaluate(() => document.activeElement.getAttribute("href"));
    assert.equal(focused, path);
    assert.equal(await page.locator("#live").textContent(), "count succeeded.");
    assert.deepEqual(page.faults, []);
  });

  test("new jobs are announced by a link, and nothing moves until it is followed", async () => {
    const page = await stage.enter("bob");
    await hash(page);
    await page.goto("/jobs");
    const places = () => page.locator("main :is(h1, form, table, tbody tr)").evaluateAll((all) =>
      all.map((it) => [it.tagName, Math.round(it.getBoundingClientRect().top)]));
    const before = await places();
    await hash(page);
    await page.getByRole("link", { name: "1 new job – show" }).waitFor();
    await hash(page);
    const link = page.getByRole("link", { name: "2 new jobs – show" });
    await link.waitFor();
    assert.deepEqual(await places(), before, "something moved");
    assert.equal(await page.locator("tbody tr").count(), 1);
    assert.match(await page.locator("#live").textContent(), /^1 new job\.$|^2 new jobs\.$/);
    const size = await link.boundingBox();
    assert.ok(size.height >= 44, `the link is ${size.height} px high`);
    for (const [name, width, colours] of [["wide", 1280, "light"], ["320", 320, "light"], ["dark", 1280, "dark"], ["dark-320", 320, "dark"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: colours });
      await page.screenshot({ path: `${pictures}jobs-news-${name}.png`, fullPage: true });
      assert.deepEqual(await violations(page), [], name);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(sideways <= 0, `${name} scrolls sideways`);
    }
    await link.click();
    await page.waitForURL((url) => url.pathname === "/jobs");
    await page.locator("tbody tr").nth(2).waitFor();
    assert.equal(await link.count(), 0);
    assert.deepEqual(page.faults, []);
  });

  test("at 320 px the place for the link is kept free", async () => {
    const page = await stage.enter("carol", { width: 320 });
    await hash(page);
    await page.goto("/jobs");
    const top = () => page.locator("tbody tr").first().evaluate((row) => Math.round(row.getBoundingClientRect().top));
    const before = await top();
    await hash(page);
    await page.getByRole("link", { name: "1 new job – show" }).waitFor();
    assert.equal(await top(), before);
  });

  test("the tab's title follows the job", async () => {
    const page = await stage.enter("dora");
    const { path, call } = await count(page);
    await page.goto(path);
    assert.match(await page.title(), /^(Queued|Running): count – Jobs – Tool Connect Craft$/);
    call.finish();
    await page.locator("#job-head .state", { hasText: "Succeeded" }).waitFor();
    assert.equal(await page.title(), "Succeeded: count – Jobs – Tool Connect Craft");
    await page.reload();
    assert.equal(await page.title(), "Succeeded: count – Jobs – Tool Connect Craft");
  });

  test("a page that lost its place says so, stays still, and offers to reload", async () => {
    const page = await stage.enter("erin");
    await hash(page);
    await page.goto("/jobs");
    await page.locator("#live-bar").getByRole("link", { name: "Pause live updates" }).waitFor();
    const streams = [];
    page.on("request", (request) => request.url().includes("/jobs/news") && streams.push(request.url()));
    const address = await page.locator("div.live").getAttribute("data-hx-sse-connect");
    // twenty more, from another browser of the same person: one browser has six connections to a server
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const cut = new AbortController();
    for (let n = 0; n < 20; n++) await fetch(stage.hub.url + address, { headers: { cookie }, signal: cut.signal });
    await page.locator("#notice", { hasText: "you follow more than 20 pages at once" }).waitFor();
    const reload = page.locator("#live-bar").getByRole("link", { name: "Reload this page" });
    await reload.waitFor();
    await page.screenshot({ path: `${pictures}jobs-stopped.png`, fullPage: true });
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(streams, [], "it came back by itself");
    cut.abort();
    await reload.click();
    await page.getByRole("link", { name: "Pause live updates" }).waitFor();
    assert.equal(await page.locator("#notice").textContent(), "");
  });
});
