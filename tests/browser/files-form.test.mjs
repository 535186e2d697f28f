// The form of a tool that takes files, a time and a duration: without script, with a browser that runs none of the hub's, in
// which axe looks at each step, and with script. A file stays in the form until the tool runs.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { step } from "./support/browser.mjs";
import { startFiles } from "./support/files.mjs";
import { addServer, leaving, settled } from "./support/steps.mjs";
import { structure } from "./support/structure.mjs";
import { suite } from "./support/suite.mjs";

const pictures = new URL("./output/", import.meta.url).pathname;
const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]);
const file = (name, buffer) => ({ name, mimeType: "image/png", buffer });

suite("files form", { servers: { files: startFiles } }, (stage) => {
  before(() => mkdirSync(pictures, { recursive: true }));

  const looks = { "script off": { script: false }, "scripts blocked": { blocked: true }, "script on": {} };
  for (const [name, look] of Object.entries(looks)) {
    test(`a form with a file, a time and a duration, ${name}`, async () => {
      stage.account("alice");
      const page = await stage.enter("alice", look);
      const script = name === "script on";
      if (name === "script off") await addServer(page, "Doors", stage.files);
      await page.goto("/connectors/doors/tools/post");

      const press = async (op) => {
        const button = page.locator(`form button[name="op"][value="${op}"]`).last();
        await leaving(page, () => button.click());
        if (look.script !== false) assert.deepEqual(await violations(page), [], `after ${op}`);
        assert.deepEqual(await structure(page), [], `after ${op}`);
      };

      if (script) {
        await step("a file that is too large is told, and what was typed stays", async () => {
          await page.locator('[name="v/note"]').fill("typed before");
          await page.locator('[name="u/picture"]').setInputFiles(file("large.png", Buffer.alloc(6_000_000)));
          await page.locator('form button[name="op"][value="add:/tags"]').click();
          await page.locator("#notice", { hasText: "Choose a smaller file" }).waitFor();
          assert.equal(await page.locator('[name="v/note"]').inputValue(), "typed before");
          await page.locator('[name="v/note"]').fill("");
        });
      }

      await step("a file is kept while the shape of the form changes", async () => {
        await page.locator('[name="u/picture"]').setInputFiles(file("door.png", picture));
        await press("add:/tags");
        await page.getByRole("checkbox", { name: "door.png, 10 bytes, is kept" }).waitFor();
        await page.screenshot({ path: `${pictures}files-form-${script}.png`, fullPage: true });
      });

      await step("faults are told at their fields, and the file stays", async () => {
        await page.getByRole("radio", { name: "Paste base64" }).nth(1).check();
        await page.locator('[name="v/note"]').fill("not base64!");
        await page.locator('[name="v/opens"]').fill("08:30");
        await page.locator('[name="z/opens"]').selectOption("");
        await page.locator('[name="v/stay"]').fill("two weeks");
        await press("run");
        const told = await page.locator(".summary li").allTextContents();
        assert.deepEqual(told.map((text) => text.trim()), [
          "Character 10 is “!”, which base64 does not have",
          "Choose the offset from UTC that the time has",
          "Enter a duration in words, such as 3 days 4 hours, or as P3DT4H",
        ]);
        await page.getByRole("checkbox", { name: "door.png, 10 bytes, is kept" }).waitFor();
        for (const colours of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: colours });
          await page.screenshot({ path: `${pictures}files-faults-${script}-${colours}.png`, fullPage: true });
          await page.setViewportSize({ width: 320, height: 640 });
          assert.deepEqual(await structure(page), []);
          await page.screenshot({ path: `${pictures}files-narrow-${script}-${colours}.png`, fullPage: true });
          await page.setViewportSize({ width: 1280, height: 800 });
        }
      });

      await step("another file takes its place, and the server gets what was meant", async () => {
        await page.locator('[name="u/picture"][type="file"]').setInputFiles(file("gate.png", Buffer.from([1, 2, 3])));
        await page.getByRole("radio", { name: "Type text" }).nth(1).check();
        await page.locator('[name="v/note"]').fill("Grüße");
        await page.locator('[name="z/opens"]').selectOption("+02:00");
        await page.locator('[name="v/stay"]').fill("2h 30m");
        await press("preview");
        await press("change");
        await page.getByRole("checkbox", { name: "gate.png, 3 bytes, is kept" }).waitFor();
        await page.locator('button.btn[value="run"]').click();
        await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
        await settled(page, script, "Succeeded");
        const sent = { picture: "AQID", note: "R3LDvMOfZQ==", opens: "08:30:00+02:00", stay: "PT2H30M", tags: [{}, {}] };
        assert.deepEqual(stage.files.calls.at(-1), sent);
      });
    });
  }
});
