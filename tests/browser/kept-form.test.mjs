// A form whose session ends before it is sent, without and with script: it is restored after the sign-in, and sent once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { signIn, step } from "./support/browser.mjs";
import { elsewhere } from "./support/steps.mjs";
import { password, suite } from "./support/suite.mjs";

const tool = "/connectors/workbench/tools/text_diff";
const typed = "Grüße <b>& co</b>\nof two lines";

const jobs = (page) => elsewhere(page, async (tab) => {
  await tab.goto("/jobs");
  return tab.locator("tbody tr").count();
});

suite("kept form", {}, (stage) => {
  for (const script of [false, true]) {
    test(`a form that is sent too late, script ${script ? "on" : "off"}`, async () => {
      const alice = stage.account(script ? "alice" : "bob");
      const page = await stage.visit({ script });
      const before = page.locator('[name="v/before"]');
      const run = page.getByRole("button", { name: "Run this tool" });

      await step("alice fills a form, and her session ends", async () => {
        await signIn(page, alice, password);
        await page.goto(tool);
        await before.fill(typed);
        await page.locator('[name="v/after"]').fill("else");
        await page.context().clearCookies({ name: /^craft-\d+$/ });
      });

      await step("sending it asks her to sign in, and says that nothing is lost", async () => {
        await run.click();
        await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
        await page.getByText("Sign in, and it comes back as you filled it in.").waitFor();
      });

      await step("a wrong password does not lose it", async () => {
        await page.getByLabel("Email address").fill(alice);
        await page.getByLabel("Password").fill("not her password");
        await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("heading", { name: "There are 2 problems" }).waitFor();
      });

      await step("signed in, she finds her text in its field and the words about it, and nothing has run", async () => {
        await page.getByLabel("Password").fill(password);
        await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
        await page.waitForURL((url) => url.pathname === tool);
        assert.equal(await before.inputValue(), typed);
        await page.getByText("You had been signed out. This is what you had filled in; nothing has been sent yet.").waitFor();
        assert.equal(await jobs(page), 0);
      });

      await step("she sends it, and it runs once", async () => {
        await run.click();
        await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
        assert.equal(await jobs(page), 1);
        await page.goto(tool);
        assert.equal(await before.inputValue(), "");
      });

      // the refused submissions are no faults of the page
      assert.deepEqual(page.faults.filter((fault) => !/status of (401|422)/.test(fault)), []);
    });
  }
});
