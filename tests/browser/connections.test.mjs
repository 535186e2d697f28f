// Live updates of connections: rows and facts change while the page is open, and keep the selection and the focus.
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

// Acts in a new tab.
async function elsewhere(page, path, act) {
  const tab = await page.context().newPage();
  await tab.goto(path);
  await act(tab);
  await tab.close();
}

async function rename(page, path, label) {
  await elsewhere(page, `${path}/label`, async (tab) => {
    await tab.getByLabel("Label").fill(label);
    await tab.getByRole("button", { name: "Save" }).click();
    await tab.getByRole("heading", { level: 1 }).waitFor();
  });
}

test("a row and a page change in place, what was chosen stays chosen, and the end is said", { timeout: 60_000 }, async () => {
  const page = await visitor(browser, hub);
  await signIn(page, "alice@example.org", password);
  await elsewhere(page, "/connectors/workbench/tools/hash", async (tab) => {
    await tab.locator('[name="v/text"]').fill("abc");
    await tab.getByRole("button", { name: /^Run / }).click();
    await tab.waitForURL(/\/jobs\/[0-9a-f-]+$/);
  });
  await page.goto("/connections");
  const path = await page.getByRole("rowheader").getByRole("link").getAttribute("href");
  const box = page.locator("[name='c']");
  await box.check();
  const one = await page.context().newPage();
  await one.goto(path);
  const link = one.getByRole("link", { name: "Change the label" });
  await link.focus();

  await rename(page, path, "At home");
  await page.getByRole("rowheader", { name: "At home" }).waitFor();
  assert.ok(await box.isChecked(), "the tick is gone");
  await one.getByRole("heading", { level: 1, name: "Workbench, At home" }).waitFor();
  assert.equal(await one.evaluate(() => document.activeElement.getAttribute("href")), `${path}/label`, "the focus has moved");
  assert.equal(await one.locator("#live").textContent(), "", "a label is nothing to say");

  await elsewhere(page, `${path}/disconnection`, async (tab) => {
    await tab.getByRole("main").getByRole("button", { name: "Disconnect" }).click();
    await tab.getByRole("heading", { level: 1, name: "Connections" }).waitFor();
  });
  await one.getByRole("heading", { name: "This connection is disconnected" }).waitFor();
  await one.locator("#live", { hasText: "Workbench, At home is disconnected." }).waitFor();
  await page.locator("tbody .badge", { hasText: "Disconnected" }).waitFor();
  assert.deepEqual(page.faults, []);
});
