// The main job of a new user, without and with script: set up the hub, add a real MCP server by its URL, run a tool, watch
// and cancel jobs, run one again, and find them in the audit log.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, test } from "node:test";
import { step } from "./support/browser.mjs";
import { startEverything } from "./support/everything.mjs";
import { Hub } from "./support/hub.mjs";
import { settled, until } from "./support/steps.mjs";
import { password, suite } from "./support/suite.mjs";

const pictures = new URL("./output/", import.meta.url).pathname;

suite("main job", { servers: { everything: startEverything } }, (stage) => {
  before(() => mkdirSync(pictures, { recursive: true }));

  for (const script of [false, true]) {
    test(`the main job, script ${script ? "on" : "off"}`, async (t) => {
      // the story begins with the link that a new hub prints
      const hub = await Hub.start();
      t.after(() => hub.stop());
      const { everything } = stage;
      const page = await stage.visit({ script, baseURL: hub.url });
      let job;

      await step("the owner opens the printed link and makes an account", async () => {
        await page.goto(hub.setup);
        await page.getByLabel("Email address").fill("alice@example.org");
        await page.getByLabel("Name").fill("Alice");
        await page.getByLabel("Password").fill(password);
        await page.getByRole("button", { name: /create|set up/i }).click();
        await page.getByRole("button", { name: "Sign out" }).waitFor();
      });

      await step("a URL that is no server keeps what was typed", async () => {
        await page.goto("/connectors/new/mcp");
        await page.getByLabel("Server URL").fill(`${hub.url}/`);
        await page.getByLabel("Name (optional)").fill("Nothing here");
        await page.getByRole("button", { name: "Add the server" }).click();
        await page.getByRole("heading", { name: "There is a problem" }).waitFor();
        assert.equal(await page.getByLabel("Name (optional)").inputValue(), "Nothing here");
        assert.match(await page.title(), /^Error: /);
      });

      await step("she adds the real server and sees its tools", async () => {
        await page.goto("/connectors/new/mcp");
        await page.getByLabel("Server URL").fill(everything.url);
        await page.getByLabel("Name (optional)").fill("Everything");
        await page.getByRole("button", { name: "Add the server" }).click();
        await page.getByRole("heading", { name: "Everything", level: 1 }).waitFor();
        await page.getByRole("link", { name: /^trigger long.running/i }).waitFor();
      });

      await step("she runs a tool and reads its answer", async () => {
        await page.goto("/connectors/everything/tools/echo");
        await page.getByRole("textbox", { name: /message/i }).fill("Grüße <b>& co</b>");
        await page.getByRole("button", { name: /^Run / }).click();
        await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
        await settled(page, script, "Succeeded");
        await page.getByText("Grüße <b>& co</b>").first().waitFor();
      });

      await step("what does not parse is explained beside the field", async () => {
        await page.goto("/connectors/everything/tools/get-sum");
        await page.getByRole("textbox", { name: /^a\b/i }).fill("1,5");
        await page.getByRole("textbox", { name: /^b\b/i }).fill("2");
        await page.getByRole("button", { name: /^Run / }).click();
        await page.getByRole("heading", { name: "There is a problem" }).waitFor();
        assert.equal(await page.getByRole("textbox", { name: /^a\b/i }).inputValue(), "1,5");
        await page.getByText("Use a full stop: 1.5").first().waitFor();
      });

      await step("she watches a long one, cancels it, and runs it again", async () => {
        await page.goto("/connectors/everything/tools/trigger-long-running-operation");
        await page.getByRole("textbox", { name: /duration/i }).fill("30");
        await page.getByRole("textbox", { name: /steps/i }).fill("30");
        await page.getByRole("button", { name: /^Run / }).click();
        await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
        await until(page, script, page.locator("#job-log progress").first());
        await page.getByRole("link", { name: "Cancel this job" }).click();
        await page.getByRole("button", { name: "Cancel the job" }).click();
        await settled(page, script, "Cancelled");
        await page.getByRole("link", { name: "Run again" }).click();
        assert.equal(await page.getByRole("textbox", { name: /duration/i }).inputValue(), "30");
        await page.getByRole("textbox", { name: /duration/i }).fill("1");
        await page.getByRole("textbox", { name: /steps/i }).fill("2");
        await page.getByRole("button", { name: /^Run / }).click();
        await settled(page, script, "Succeeded");
        job = new URL(page.url()).pathname;
        // the screenshot of the documentation
        if (script) await page.screenshot({ path: `${pictures}job.png`, fullPage: true });
      });

      await step("all of it is in the audit log, linked to its jobs", async () => {
        await page.goto("/audit");
        const runs = page.locator("tbody th", { hasText: "Tool run" });
        assert.equal(await runs.count(), 3);
        await page.getByRole("link", { name: "Connector added" }).waitFor();
        await runs.first().getByRole("link").click();
        await page.getByRole("link", { name: /^Open the job/ }).click();
        await page.getByRole("heading", { name: "Log" }).waitFor();
      });

      await step("a second submit of the same form makes one job", async () => {
        await page.goto("/connectors/workbench/tools/hash");
        const idem = await page.locator('[name="idem"]').inputValue();
        const body = new URLSearchParams({ idem, "v/text": "twice", op: "run" });
        const send = () =>
          page.request.post("/connectors/workbench/tools/hash", {
            data: body.toString(),
            headers: { "content-type": "application/x-www-form-urlencoded", origin: hub.url },
            maxRedirects: 0,
          });
        const [one, two] = await Promise.all([send(), send()]);
        assert.match(one.headers().location, /^\/jobs\//);
        assert.equal(one.headers().location, two.headers().location);
      });

      await step("a stranger sees none of it", async () => {
        hub.user("bob@example.org", password);
        const stranger = await stage.visit({ script, baseURL: hub.url });
        const visit = await stranger.goto("/jobs");
        assert.match(visit.url(), /\/sign-in\?next=%2Fjobs/);
        await stranger.getByLabel("Email address").fill("bob@example.org");
        await stranger.getByLabel("Password").fill(password);
        await stranger.getByRole("main").getByRole("button", { name: "Sign in" }).click();
        await stranger.getByRole("heading", { name: "No jobs yet" }).waitFor();
        for (const path of [job, "/connectors/everything"]) {
          assert.equal((await stranger.goto(path)).status(), 404, path);
        }
      });

      assert.deepEqual(page.faults.filter((fault) => !/422/.test(fault)), []);
    });
  }
});
