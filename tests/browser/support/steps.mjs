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
