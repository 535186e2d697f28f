// Live updates of a job: they arrive in order and once, even after a lost connection or a killed hub.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startCounting } from "./support/counting.mjs";
import { addServer, run } from "./support/steps.mjs";
import { suite } from "./support/suite.mjs";

suite("live", { servers: { counting: startCounting } }, (stage) => {
  // Runs the tool `count`; returns the page of the job and the call, which goes on when it is told to.
  async function count(who, look) {
    const page = await stage.enter(who, look);
    await addServer(page, "Counting", stage.counting);
    await run(page, "/connectors/counting/tools/count");
    return { page, call: await stage.counting.nextCall() };
  }

  const lines = (page) => page.locator("#job-log > li").evaluateAll((items) => items.map((item) => item.id));
  const shown = (page, n) => page.locator("#job-log > li", { hasText: `step ${n}` }).waitFor();
  const succeeded = (page) => page.locator("#job-head .state", { hasText: "Succeeded" }).waitFor();

  test("lines arrive once and in order, and the end is announced", async () => {
    const { page, call } = await count("alice");
    for (const n of [1, 2, 3]) {
      call.advance();
      await shown(page, n);
    }
    call.finish();
    await succeeded(page);
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

  for (const width of [1280, 320]) test(`nothing moves while a job goes on, and its head stays at its end, ${width} pixels wide`, async () => {
    const { page, call } = await count(`frank-${width}`);
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(() => {
      window.shift = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((it) => (window.shift += it.value))).observe({ type: "layout-shift" });
    });
    for (const n of [1, 2, 3]) {
      call.advance();
      await shown(page, n);
    }
    // two frames: the observer is told after the one in which something moved
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const shift = await page.evaluate(() => window.shift);
    assert.ok(shift <= 0.01, `the layout shifted by ${shift}`);
    assert.equal(await page.locator("#job-head .step bdi").textContent(), "step 3");
    const top = (selector) => page.locator(selector).evaluate((it) => it.getBoundingClientRect().top);
    const places = async () => [await top("#job-head .verdict"), await top("#job-head .actions")];
    const before = await places();
    call.finish();
    await succeeded(page);
    assert.deepEqual(await places(), before);
    assert.ok((await top("#job-result")) <= (await top("#job-log")), "the result is not above the log");
    assert.ok(!(await page.locator("#job-head .step").count()), "a finished job has its result instead");
  });

  test("the connection is cut and resumed without a gap or a double", async () => {
    const { page, call } = await count("bob");
    call.advance();
    await shown(page, 1);
    await page.context().setOffline(true);
    call.advance();
    await page.context().setOffline(false);
    await shown(page, 2);
    call.finish();
    await succeeded(page);
    const ids = await lines(page);
    await page.reload();
    assert.deepEqual(ids, await lines(page));
  });

  test("paused, the page stays still", async () => {
    const { page, call } = await count("carol");
    await page.getByRole("link", { name: "Pause updates" }).click();
    await page.getByRole("link", { name: "Resume updates" }).waitFor();
    const streams = [];
    page.on("request", (request) => request.url().includes("/events") && streams.push(request.url()));
    await page.reload();
    await page.getByRole("link", { name: "Resume updates" }).waitFor();
    assert.deepEqual(streams, []);
    call.finish();
  });

  test("without script the live log arrives as the job goes on", async () => {
    const { page, call } = await count("dora", { script: false });
    await page.getByRole("link", { name: "Watch the log (works without JavaScript)" }).click({ noWaitAfter: true });
    call.advance();
    await page.getByText("step 1").waitFor();
    call.finish();
    await page.getByText(/^Succeeded in/).waitFor();
  });

  test("kill -9 in the middle: the job is not lost and says what became of it", async () => {
    const { page, call } = await count("erin");
    call.advance();
    await shown(page, 1);
    const stopped = page.locator("#notice", { hasText: "Live updates have stopped." });
    await stage.hub.restartAfterKill(() => stopped.waitFor());
    // a tool that only reads may be called again, and the page follows the second run without a reload
    const again = await stage.counting.nextCall();
    again.advance();
    again.finish();
    await succeeded(page);
    await stopped.waitFor({ state: "detached" });
    const ids = await lines(page);
    await page.reload();
    assert.deepEqual(ids, await lines(page));
    assert.match(await page.locator("#job-log").textContent(), /run 2|again/i);
  });
});
