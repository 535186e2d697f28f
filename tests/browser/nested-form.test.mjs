// The form of a tool whose input has all that nests, filled in with the keyboard alone: without script, with a browser that
// runs none of the hub's, in which axe looks at each step, and with script. All send the same, and the focus is where the
// next key belongs.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { step } from "./support/browser.mjs";
import { startNested } from "./support/nested.mjs";
import { addServer, leaving, settled } from "./support/steps.mjs";
import { structure } from "./support/structure.mjs";
import { suite } from "./support/suite.mjs";

const pictures = new URL("./output/", import.meta.url).pathname;

const expected = {
  people: [{ name: "Bo" }, { name: "Ada", pin: "4711", phones: [{ number: "123", kind: "work" }] }],
  pay: { kind: "bank", iban: "DE123", note: "both" },
  when: "2027-03-28T09:30:00Z",
  labels: { env: "test", "a/b": "two" },
  options: { meal: "fish", fish: "trout", extra: [1, { deep: true }] },
};

suite("nested form", { servers: { nested: startNested } }, (stage) => {
  before(() => mkdirSync(pictures, { recursive: true }));

  const looks = { "script off": { script: false }, "scripts blocked": { blocked: true }, "script on": {} };
  for (const [name, look] of Object.entries(looks)) {
    test(`a form of rows, branches, names and JSON, ${name}`, async () => {
      stage.account("alice");
      const page = await stage.enter("alice", look);
      const script = name === "script on";
      if (name === "script off") await addServer(page, "Travel", stage.nested);
      await page.goto("/connectors/travel/tools/book");

      // Puts the focus on a control and types into it, as if Tab had led there.
      const type = async (name, text) => {
        const control = page.locator(`[name="${name}"]`);
        await control.focus();
        await control.fill("");
        await page.keyboard.type(text);
      };
      const focusedName = () => page.evaluate(() => document.activeElement.getAttribute("name") ?? document.activeElement.id);
      // Presses a button with the keyboard, and checks the page that comes.
      const press = async (op, focus) => {
        const at = page.locator(`button[name="op"][value="${op}"]`).last();
        await at.focus();
        await page.evaluate(() => (window.isSameDocument = true));
        await leaving(page, () => page.keyboard.press("Enter"));
        // Back leads to the form before a run
        const isSame = await page.evaluate(() => Boolean(window.isSameDocument));
        assert.equal(isSame, script && op !== "run", `${op} loads another page`);
        const here = await page.evaluate(() => {
          const it = document.activeElement;
          return [it.getAttribute("name"), it.id, it.value, it.localName];
        });
        assert.ok(!focus || here.includes(focus), `after ${op} the focus is on ${here}`);
        if (look.script !== false) assert.deepEqual(await violations(page), [], `after ${op}`);
        assert.deepEqual(await structure(page), [], `after ${op}`);
      };

      await step("rows are added, moved and filled", async () => {
        await type("v/people/0/name", "Ada");
        await type("v/people/0/pin", "4711");
        await press("add:/people", "v/people/1/name");
        await page.keyboard.type("Bo");
        await press("up:/people/1", "down:/people/1");
        await press("add:/people/0/phones", "v/people/0/phones/0/number");
        await page.keyboard.type("123");
        await page.locator('[name="v/people/0/phones/0/kind"][value="1"]').focus();
        await page.keyboard.press("Space");
      });

      await step("a branch is picked, and another one", async () => {
        await page.locator('[name="b/pay"][value="0"]').focus();
        await page.keyboard.press("Space");
        await press("pick:/pay");
        await page.locator('[name="v/pay/number"]').waitFor();
        await type("v/pay/note", "both");
        await page.locator('[name="b/pay"]:checked').focus();
        await page.keyboard.press("ArrowDown");
        await press("pick:/pay");
        await page.locator('[name="v/pay/iban"]').waitFor();
        await type("v/pay/iban", "DE");
      });

      await step("names of one's choice, a time with its zone, and JSON", async () => {
        await press("add:/labels", "k/labels/~k0");
        await page.keyboard.type("env");
        await type("v/labels/~k0", "test");
        await press("add:/labels", "k/labels/~k1");
        await page.keyboard.type("env");
        await type("v/labels/~k1", "two");
        // a browser has its own keys for the parts of a date
        await page.locator('[name="v/when"]').fill("2027-03-28T09:30");
        await page.locator('[name="z/when"]').selectOption("UTC");
        const fish = page.locator('[name="v/options/fish"]');
        await page.locator('[name="v/options/meal"][value="0"]').focus();
        await page.keyboard.press("Space");
        await press("refresh", "f__refresh");
        assert.equal(await fish.count(), 0, "a field that does not apply is hidden");
        await page.screenshot({ path: `${pictures}nested-hidden-${script}.png`, fullPage: true });
        await press("refresh:all", "f__refresh");
        assert.equal(await fish.count(), 1);
        await press("refresh", "f__refresh");
        await page.locator('[name="v/options/meal"][value="2"]').focus();
        await page.keyboard.press("Space");
        await press("refresh", "f__refresh");
        await type("v/options/fish", "trout");
        await press("raw:/options", "j/options");
        const text = await page.locator('[name="j/options"]').inputValue();
        assert.deepEqual(JSON.parse(text), { meal: "fish", fish: "trout" });
        await page.locator('[name="j/options"]').fill('{"meal": "fish", "fish": "trout", "extra": [1, {"deep": true}]}');
        await page.screenshot({ path: `${pictures}nested-form-${script}.png`, fullPage: true });
        await press("form:/options");
        assert.equal(await page.locator('[name="v/options/fish"]').inputValue(), "trout");
      });

      await step("faults are told in the order of the page, at their controls", async () => {
        await press("run");
        await page.getByRole("heading", { name: "There are 2 problems" }).waitFor();
        const told = await page.locator(".summary li").allTextContents();
        assert.deepEqual(told.map((text) => text.trim()), ["IBAN must be 5 characters or more", "The name “env” is there twice: change one, or remove it (label 2 of 2)"]);
        await page.screenshot({ path: `${pictures}nested-faults-${script}.png`, fullPage: true });
        await page.setViewportSize({ width: 320, height: 640 });
        assert.deepEqual(await structure(page), []);
        await page.screenshot({ path: `${pictures}nested-narrow-${script}.png`, fullPage: true });
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.getByRole("link", { name: "IBAN must be 5 characters or more" }).focus();
        await page.keyboard.press("Enter");
        assert.equal(await focusedName(), "v/pay/iban");
        await type("v/pay/iban", "DE123");
        await type("k/labels/~k1", "a/b");
      });

      if (script) {
        await step("a hub that does not answer, or has a fault, loses nothing", async () => {
          for (const answer of [(route) => route.abort(), (route) => route.fulfill({ status: 503, body: "<main>Fault</main>" })]) {
            await page.route("**/tools/book", answer);
            await page.locator('button[value="add:/labels"]').focus();
            await page.keyboard.press("Enter");
            await page.locator("#notice", { hasText: "did not answer" }).waitFor();
            assert.equal(await page.locator('[name="v/pay/iban"]').inputValue(), "DE123");
            await page.locator("#notice").evaluate((notice) => (notice.textContent = ""));
            await page.unroute("**/tools/book");
          }
        });
      }

      await step("it runs, and the server gets what was meant", async () => {
        await page.locator('button.btn[value="run"]').focus();
        await page.keyboard.press("Enter");
        await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
        await settled(page, script, "Succeeded");
        assert.deepEqual(stage.nested.calls.at(-1), expected);
      });
    });
  }
});
