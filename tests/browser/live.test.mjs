// Live updates of a job: they arrive in order and once, even after a lost connection or a killed hub.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, signIn, visitor } from "./support/browser.mjs";
import { Hub } from "./support/hub.mjs";

const password = "correct horse battery staple";
let browser, hub;

before(async () => {
  [browser, hub] = await Promise.all([launch(), Hub.start()]);
  hub.user("alice@example.org", password);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

async function countdown(page, seconds) {
  await page.goto("/connectors/workbench/tools/countdown");
  await page.locator('[name="v/seconds"]').fill(String(seconds));
  await page.getByRole("button", { name: /^Run / }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
}

const lines = (page) => page.locator("#job-log > li").evaluateAll((items) => items.map((item) => item.id));

test("lines arrive once and in order, and the end is announced", { timeout: 60_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await countdown(page, 3);
  await page.locator("#job-head .badge", { hasText: "Succeeded" }).waitFor({ timeout: 20_000 });
  const ids = await lines(page);
  assert.equal(new Set(ids).size, ids.length, `a line stands twice: ${ids}`);
  const numbers = ids.map((id) => id.replace("event-", "").split(".").map(Number));
  assert.deepEqual([...numbers].sort((a, b) => a[0] - b[0] || a[1] - b[1]), numbers);
  assert.match(await page.locator("#live").textContent(), /succeeded/i);
  await page.locator("#job-ladder").waitFor({ state: "detached" });
  await page.reload();
  assert.deepEqual(await lines(page), ids, "a reload shows the same lines");
  assert.deepEqual(page.faults, []);
});

test("the connection is cut and resumed without a gap or a double", { timeout: 60_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await countdown(page, 8);
  await page.locator("#job-log > li").nth(3).waitFor();
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  await page.locator("#job-head .badge", { hasText: "Succeeded" }).waitFor({ timeout: 40_000 });
  const ids = await lines(page);
  await page.reload();
  assert.deepEqual(ids, await lines(page));
});

test("paused, the page stays still", async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await countdown(page, 60);
  await page.getByRole("link", { name: "Pause live updates" }).click();
  const streams = [];
  page.on("request", (request) => request.url().includes("/events") && streams.push(request.url()));
  await page.reload();
  await page.getByRole("link", { name: "Resume live updates" }).waitFor();
  assert.deepEqual(streams, []);
});

test("without script the live log arrives as the job goes on", { timeout: 60_000 }, async () => {
  const page = await visitor(browser, hub, { script: false });
  await signIn(page, "alice@example.org", password);
  await countdown(page, 3);
  await page.getByRole("link", { name: "Follow the log without script" }).click();
  await page.getByText(/^Succeeded in/).waitFor({ timeout: 20_000 });
});

test("kill -9 in the middle: the job is not lost and says what became of it", { timeout: 120_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await countdown(page, 6);
  await page.locator("#job-log > li").nth(2).waitFor();
  await hub.kill();
  await hub.launch();
  // the countdown may be repeated: it runs again, and the page follows it without a reload
  await page.locator("#job-head .badge", { hasText: "Succeeded" }).waitFor({ timeout: 60_000 });
  const ids = await lines(page);
  await page.reload();
  assert.deepEqual(ids, await lines(page));
  const words = await page.locator("#job-log").textContent();
  assert.match(words, /run 2|again/i);
});
