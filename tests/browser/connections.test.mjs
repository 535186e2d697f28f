// Live updates of connections: rows and facts change while the page is open, and keep the selection and the focus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { elsewhere, run } from "./support/steps.mjs";
import { suite } from "./support/suite.mjs";

suite("connections", {}, (stage) => {
  const rename = (page, path, label) => elsewhere(page, async (tab) => {
    await tab.goto(`${path}/label`);
    await tab.getByLabel("Label").fill(label);
    await tab.getByRole("button", { name: "Save" }).click();
    await tab.getByRole("heading", { level: 1 }).waitFor();
  });

  test("a row and a page change in place, what was chosen stays chosen, and the end is said", async () => {
    const page = await stage.enter("alice");
    await run(page, "/connectors/workbench/tools/hash", { text: "abc" });
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

    await elsewhere(page, async (tab) => {
      await tab.goto(`${path}/disconnection`);
      await tab.getByRole("main").getByRole("button", { name: "Disconnect" }).click();
      await tab.getByRole("heading", { level: 1, name: "Connections" }).waitFor();
    });
    await one.getByRole("heading", { name: "This connection is disconnected" }).waitFor();
    await one.locator("#live", { hasText: "Workbench, At home is disconnected." }).waitFor();
    await page.locator("tbody td .state", { hasText: "Disconnected" }).waitFor();
    assert.deepEqual(page.faults, []);
  });
});
