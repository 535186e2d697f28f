// The pages of administrators, and that of an invited person.
export async function administered(stage) {
  const page = await stage.enter("owner", { script: false });
  await page.goto("/admin/invitations");
  await page.getByLabel("Email address").fill("invited@example.org");
  await page.getByRole("button", { name: "Invite" }).click();
  const withdrawal = await page.getByRole("link", { name: /^Withdraw/ }).getAttribute("href");
  const invitation = await stage.hub.mailed(/\/invitation\/\S+/);
  await page.goto(`/admin/users?q=${encodeURIComponent(stage.account("empty"))}`);
  const user = await page.locator("tbody th a").getAttribute("href");
  const refused = async (shown) => {
    const [answer] = await Promise.all([shown.waitForNavigation(), shown.getByRole("button", { name: "Invite" }).click()]);
    await shown.locator(".summary").waitFor();
    return answer;
  };
  const owner = "owner";
  return [
    ["admin", "/admin", owner], ["admin-users", "/admin/users", owner], ["admin-users-none", "/admin/users?q=nothing+like+it", owner],
    ["admin-user", user, owner], ["admin-user-access", `${user}/access`, owner], ["admin-user-role", `${user}/administrator`, owner],
    ["admin-user-sessions", `${user}/sessions`, owner], ["admin-invitations", "/admin/invitations", owner],
    ["admin-invitations-error", "/admin/invitations", owner, refused], ["admin-withdrawal", withdrawal, owner],
    ["admin-connectors", "/admin/connectors", owner],
    ["admin-connector", "/admin/connectors/workbench", owner], ["admin-connector-off", "/admin/connectors/workbench/availability", owner],
    ["admin-settings", "/admin/settings", owner], ["admin-log", "/admin/log", owner],
    ["invitation", invitation, null], ["invitation-dead", "/invitation/cut-short", null],
  ];
}
