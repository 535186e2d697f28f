// The main job as a new user walks it, with script off and on: the owner sets up the hub, adds a real MCP server by its
// URL, runs a tool, watches it, cancels one, runs it again, and finds all of it in the audit log.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visitor } from "./support/browser.mjs";
import { startEverything } from "./support/everything.mjs";
import { Hub } from "./support/hub.mjs";

const password = "correct horse battery staple";
let browser, everything;

before(async () => {
  [browser, everything] = await Promise.all([launch(), startEverything()]);
});

after(async () => {
  await browser?.close();
  everything?.stop();
});

for (const script of [false, true]) {
  test(`the main job, script ${script ? "on" : "off"}`, { timeout: 120_000 }, async (t) => {
    const hub = await Hub.start();
    t.after(() => hub.stop());
    const page = await visitor(browser, hub, { script });

    await t.test("the owner opens the printed link and makes an account", async () => {
      await page.goto(hub.setup);
      await page.getByLabel("E-mail").fill("alice@example.org");
      await page.getByLabel("Name").fill("Alice");
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: /create|set up/i }).click();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
    });

    await t.test("a URL that is no server keeps what was typed", async () => {
      await page.goto("/connectors/new/mcp");
      await page.getByLabel("Server URL").fill(`${hub.url}/`);
      await page.getByLabel("Name (optional)").fill("Nothing here");
      await page.getByRole("button", { name: "Add the server" }).click();
      await page.getByRole("heading", { name: "There is a problem" }).waitFor();
      assert.equal(await page.getByLabel("Name (optional)").inputValue(), "Nothing here");
      assert.match(await page.title(), /^Error: /);
    });

    await t.test("she adds the real server and sees its tools", async () => {
      await page.goto("/connectors/new/mcp");
      await page.getByLabel("Server URL").fill(everything.url);
      await page.getByLabel("Name (optional)").fill("Everything");
      await page.getByRole("button", { name: "Add the server" }).click();
      await page.getByRole("heading", { name: "Everything", level: 1 }).waitFor();
      await page.getByRole("link", { name: /long.running/i }).waitFor();
    });

    await t.test("she runs a tool and reads its answer", async () => {
      await page.goto("/connectors/everything/tools/echo");
      await page.getByLabel(/message/i).fill("Grüße <b>& co</b>");
      await page.getByRole("button", { name: /^Run / }).click();
      await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
      await settled(page, script, "Succeeded");
      await page.getByText("Grüße <b>& co</b>").first().waitFor();
    });

    await t.test("what does not parse is explained beside the field", async () => {
      await page.goto("/connectors/everything/tools/get-sum");
      await page.getByLabel(/^a\b/i).fill("1,5");
      await page.getByLabel(/^b\b/i).fill("2");
      await page.getByRole("button", { name: /^Run / }).click();
      await page.getByRole("heading", { name: "There is a problem" }).waitFor();
      assert.equal(await page.getByLabel(/^a\b/i).inputValue(), "1,5");
      await page.getByText("Use a full stop: 1.5").first().waitFor();
    });

    await t.test("she watches a long one, cancels it, and runs it again", async () => {
      await page.goto("/connectors/everything/tools/trigger-long-running-operation");
      await page.getByLabel(/duration/i).fill("30");
      await page.getByLabel(/steps/i).fill("30");
      await page.getByRole("button", { name: /^Run / }).click();
      await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
      if (!script) await page.getByRole("link", { name: "Wait for the next change" }).click();
      await page.locator("#job-log progress").first().waitFor();
      await page.getByRole("link", { name: "Cancel this job" }).click();
      await page.getByRole("button", { name: "Cancel the job" }).click();
      await settled(page, script, "Cancelled");
      await page.getByRole("link", { name: "Run again" }).click();
      assert.equal(await page.getByLabel(/duration/i).inputValue(), "30");
      await page.getByLabel(/duration/i).fill("1");
      await page.getByLabel(/steps/i).fill("2");
      await page.getByRole("button", { name: /^Run / }).click();
      await settled(page, script, "Succeeded");
    });

    await t.test("all of it is in the audit log, linked to its jobs", async () => {
      await page.goto("/audit");
      assert.equal(await page.getByRole("link", { name: "Tool run" }).count(), 3);
      await page.getByRole("link", { name: "Connector added" }).waitFor();
      await page.getByRole("link", { name: "Tool run" }).first().click();
      await page.getByRole("link", { name: "The job of this entry" }).click();
      await page.getByRole("heading", { name: "Log" }).waitFor();
    });

    await t.test("a second submit of the same form makes one job", async () => {
      await page.goto("/connectors/workbench/tools/hash");
      const form = await page.locator("main form").first();
      const fields = await form.evaluate((it) => [...new FormData(it)]).catch(() => null);
      if (!fields) return; // without script the page cannot be asked; the integration tests tell this story too
      await page.getByLabel(/text/i).first().fill("twice");
      const body = new URLSearchParams([...fields.filter(([name]) => name === "idem"), ["v/text", "twice"], ["op", "run"]]);
      const send = () =>
        page.request.post("/connectors/workbench/tools/hash", {
          data: body.toString(),
          headers: { "content-type": "application/x-www-form-urlencoded", origin: hub.url },
          maxRedirects: 0,
        });
      const [one, two] = await Promise.all([send(), send()]);
      assert.equal(one.headers().location, two.headers().location);
    });

    await t.test("a stranger sees none of it", async () => {
      const job = new URL(page.url()).pathname;
      hub.user("bob@example.org", password);
      const stranger = await visitor(browser, hub, { script });
      const visit = await stranger.goto("/jobs");
      assert.match(visit.url(), /\/sign-in\?next=%2Fjobs/);
      await stranger.getByLabel("E-mail").fill("bob@example.org");
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

// With script the page changes under its reader; without, they ask for it.
async function settled(page, script, word) {
  const badge = page.locator("#job-head .badge", { hasText: word });
  if (script) return badge.waitFor({ timeout: 20_000 });
  for (let tries = 0; tries < 40 && !(await badge.count()); tries++) {
    const next = page.getByRole("link", { name: "Wait for the next change" });
    if (await next.count()) await next.click();
    else await page.reload();
  }
  await badge.waitFor({ timeout: 1_000 });
}
