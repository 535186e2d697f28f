// Steps that several stories share.

// Adds an MCP server by its URL; the page is then that of the connector, or the way to sign in.
export async function addServer(page, name, { url }) {
  await page.goto("/connectors/new/mcp");
  await page.getByLabel("Server URL").fill(url);
  await page.getByLabel("Name (optional)").fill(name);
  await page.getByRole("button", { name: "Add the server" }).click();
  await page.waitForURL((url) => url.pathname !== "/connectors/new/mcp");
}

// Runs a tool; the page is then that of the job. Returns its path.
export async function run(page, tool, fields = {}) {
  await page.goto(tool);
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="v/${name}"]`).fill(value);
  await page.getByRole("button", { name: /^Run / }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
  return new URL(page.url()).pathname;
}

// Acts in a new tab of the same person.
export async function elsewhere(page, act) {
  const tab = await page.context().newPage();
  const result = await act(tab);
  await tab.close();
  return result;
}

// Waits for a change of the page of a job with script, or reloads the page without.
export async function until(page, script, wanted) {
  for (let tries = 0; !script && tries < 40 && !(await wanted.count()); tries++) {
    const next = page.getByRole("link", { name: "Wait for the next change" });
    if (await next.count()) await next.click();
    else await page.reload();
  }
  await wanted.waitFor();
}

// Waits until a job is over, with this word.
export const settled = (page, script, word) => until(page, script, page.locator("#job-head .state", { hasText: word }));

// Presses a button of the page's own part.
export const press = (page, name) => page.getByRole("main").getByRole("button", { name, exact: true }).click();

// Leaves a page by an act, whether the browser loads the next one or htmx puts it in the place of this.
export async function leaving(page, act) {
  await page.locator("main").evaluate((main) => main.setAttribute("data-left", ""));
  const done = await act();
  await page.locator("main:not([data-left])").waitFor();
  await page.waitForLoadState();
  return done;
}
