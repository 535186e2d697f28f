// An assistant is connected on the consent page, and disconnected in the settings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalAssistant } from "./support/assistants.mjs";
import { suite } from "./support/suite.mjs";

suite("assistants", {}, (stage) => {
  for (const script of [false, true]) {
    test(`a person connects an assistant with the keyboard, and disconnects it, ${script ? "with" : "without"} script`, async () => {
      const assistant = await LocalAssistant.start(stage.hub, `Helper ${script}`);
      const page = await stage.enter("alice", { script });
      await page.goto(assistant.path());
      await page.getByLabel("See your jobs and their results").focus();
      await page.keyboard.press("Space");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${assistant.redirect}?**`);
      const answer = await assistant.answer();
      assert.deepEqual([answer.state, answer.iss], ["the state", new URL(stage.hub.url).origin]);
      const token = await assistant.exchange(answer.code);
      assert.ok((await assistant.tools(token)).includes("workbench__hash"));

      await page.goto("/settings/assistants");
      const row = page.locator("tbody tr", { hasText: `Helper ${script}` });
      assert.ok(!(await row.textContent()).includes("See your jobs"), "the box was unticked");
      await row.getByRole("link", { name: "Disconnect" }).click();
      await page.getByRole("main").getByRole("button", { name: "Disconnect" }).click();
      await page.getByText("is disconnected.").waitFor();
      assert.equal(await assistant.tools(token), 401);
      assistant.stop();
    });
  }

  test("a person who declines sends the assistant away without a code", async () => {
    const assistant = await LocalAssistant.start(stage.hub, "Helper");
    const page = await stage.enter("alice", { script: false });
    await page.goto(assistant.path());
    await page.getByRole("button", { name: "Decline" }).click();
    const { error, code } = await assistant.answer();
    assert.deepEqual([error, code], ["access_denied", undefined]);
    assistant.stop();
  });
});
