// The search, and the key that leads to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { suite } from "./support/suite.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.id);

suite("search", {}, (stage) => {
  test("a slash opens the search from any page, and a word and Enter find a tool", async () => {
    const page = await stage.enter("alice");
    await page.addInitScript(() => addEventListener("load", () => (globalThis.focusedAtLoad = document.activeElement.id)));
    await page.goto("/jobs");
    await page.keyboard.press("/");
    await page.waitForURL("**/search");
    assert.equal(await page.evaluate(() => globalThis.focusedAtLoad), "f-q", "a key pressed at once goes to the field");
    await page.keyboard.type("hash");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /hash/i }).first().waitFor();
    await page.waitForLoadState("domcontentloaded");
    await page.getByRole("link", { name: "Skip to main content" }).focus();
    await page.keyboard.press("/");
    assert.equal(await focused(page), "f-q", "on its page, the key goes to the field");
  });

  test("what is typed before the search has opened is in its field", async () => {
    const page = await stage.enter("alice");
    await page.goto("/jobs");
    await page.route("**/search", async (route) => {
      await page.keyboard.type("has");
      await route.continue();
    });
    await page.keyboard.press("/");
    await page.waitForURL("**/search");
    assert.equal(await page.locator("#f-q").inputValue(), "has");
    await page.keyboard.press("End");
    await page.keyboard.type("h");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /hash/i }).first().waitFor();
  });

  test("in a field a slash is a letter, and a person can turn the key off", async () => {
    const page = await stage.enter("bob");
    await page.goto("/connectors");
    await page.locator("main [type=search]").first().click();
    await page.keyboard.type("a/b");
    assert.equal(await page.locator("main [type=search]").first().inputValue(), "a/b");
    await page.goto("/settings/appearance");
    await page.getByRole("group", { name: "Keys" }).getByLabel("Off").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.goto("/help");
    await page.keyboard.press("/");
    await page.keyboard.press("Tab");
    assert.ok(page.url().endsWith("/help"), page.url());
  });

  test("without script the search is a link and a form", async () => {
    const page = await stage.enter("alice", { script: false, width: 320 });
    await page.goto("/jobs");
    await page.getByText("Menu", { exact: true }).click();
    await page.getByRole("link", { name: "Search" }).click();
    await page.locator("#f-q").fill("workbench");
    await page.getByRole("main").getByRole("button", { name: "Search" }).click();
    await page.getByRole("heading", { name: "Tools" }).waitFor();
  });
});
