// Fills a hub with rows of each kind, and lists the page of each state.
import { administered } from "./administered.mjs";
import { connected } from "./assistants.mjs";
import { signIn } from "./browser.mjs";
import { listed } from "./registry.mjs";
import { addServer, leaving, run as runTool } from "./steps.mjs";
import { password } from "./suite.mjs";

const token = "tk-3f9a6c-of-the-changing-server";
const clientSecret = "cs-81d2e7-of-the-hub-at-jira";

// The secrets that are typed into forms.
export const secrets = [password, token, clientSecret];

const idOf = (path) => path.split("/").pop();

// Presses a button whose answer is a page and no redirect; returns the answer.
async function send(page, name) {
  const isShown = (answer) => answer.request().resourceType().match(/document|fetch/) && ![302, 303].includes(answer.status());
  const button = page.getByRole("main").getByRole("button", { name, exact: true });
  const [answer] = await leaving(page, () => Promise.all([page.waitForResponse(isShown), button.click()]));
  return answer;
}

// Presses a button whose form is refused with an explanation.
const press = (name, fields = {}) => async (page) => {
  await type(page, fields);
  const answer = await send(page, name);
  await page.locator(".summary").waitFor();
  return answer;
};

async function type(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).first().fill(value);
}

// Saves an input under a name; returns the page that shows it.
async function saveInput(page, tool, fields) {
  await page.goto(tool);
  await type(page, fields);
  await send(page, "Save this input");
  await type(page, { name: "Every morning" });
  await send(page, "Save");
  return page.getByRole("link", { name: "View or delete Every morning" }).getAttribute("href");
}

// Tries to save an input under a name that is taken.
async function saveAgain(page) {
  await send(page, "Save this input");
  await type(page, { name: "Every morning" });
  return send(page, "Save");
}

// Opens the preview of a run.
async function preview(page) {
  await type(page, { "v/a": "1", "v/b": "2" });
  return send(page, "Preview this run");
}

// Enters wrong passwords until sign-in is throttled.
async function guess(page) {
  for (let tries = 0; tries < 10; tries++) {
    await type(page, { email: "guessed@example.org", password: "wrong password" });
    const answer = await send(page, "Sign in");
    if (answer.status() === 429) return answer;
  }
  throw new Error("one may guess on and on");
}

// Submits a form after its sender was signed out.
async function sendTooLate(page) {
  await type(page, { "v/before": "what was typed", "v/after": "and more" });
  await page.context().clearCookies({ name: /^craft-\d+$/ });
  return send(page, "Run this tool");
}

const sendTooLateAndSignIn = (email) => async (page) => {
  await sendTooLate(page);
  await type(page, { email, password });
  return send(page, "Sign in");
};

// Opens the last page of the hub before the provider.
async function toProvider(page) {
  await type(page, { label: "Account 1" });
  return send(page, "Connect");
}

// Makes rows of each kind and lists the page of each state: its address, the person (null for a visitor), and the steps.
export async function fill(stage) {
  const { everything, changing, gated, reports, hub } = stage;
  const page = await stage.enter("alice", { script: false });
  hub.countYesterday(stage.account("alice"));
  for (const [name, server] of Object.entries({ Closed: gated, Everything: everything, Reports: reports, Changing: changing })) await addServer(page, name, server);
  await saveInput(page, "/connectors/changing/tools/leave", {});
  await page.goto("/connectors/changing");
  await page.getByRole("button", { name: "Refresh the tools" }).click();
  const { connection, over: ended } = await accounts({ page, url: changing.url });
  const run = (tool, fields) => runTool(page, tool, fields);
  const done = await run("/connectors/everything/tools/echo", { message: "hello" });
  const failed = await run("/connectors/workbench/tools/json_query", { filter: ".[", json: "{}" });
  const live = await run("/connectors/workbench/tools/countdown", { seconds: "600" });
  const [values, forecast, media, book] = await reported(page, ["values", "weather", "media", "book"]);
  const opened = await openResource(page, media);
  const saved = await saveInput(page, "/connectors/everything/tools/get-sum", { "v/a": "1" });
  for (const path of [done, failed]) await over(page, path);
  const { waits, lost, well, sick } = await losing({ page, gated, run });
  await page.goto("/connections");
  const workbench = await page.getByRole("link", { name: "Workbench" }).getAttribute("href");
  const boxes = await page.locator("[name='c']").evaluateAll((all) => all.slice(0, 2).map((box) => `c=${box.value}`));
  await page.goto("/audit?action=job.finished");
  const entry = await page.getByRole("link", { name: / · / }).first().getAttribute("href");
  await page.goto("/audit?outcome=failed&action=job.finished");
  const failure = await page.getByRole("link", { name: / · / }).first().getAttribute("href");
  const [session, reset, newEmail] = [await anotherSession(stage, page), await resetLink(stage), await newEmailLink({ hub, page })];
  const revocation = await newToken(page);
  const assistants = await connected(stage, page);
  await choose(stage);
  const choice = await makeKnown(stage);
  const [almanac, weather, old, local] = await listed(page, ["Almanac", "Keyed weather", "Old tides", "Local files"]);
  const administration = await administered(stage);
  await stage.leave();
  const [alice, empty, choosy, away, owner] = ["alice", "empty", "choosy", "away", "owner"];
  return [
    ["front", "/", null], ["sign-in", "/sign-in", null], ["sign-up", "/sign-up", null],
    ["forgot", "/forgot?email=alice%40example.org", null], ["forgot-sent", "/forgot/sent", null],
    ["reset", reset, null], ["reset-dead", "/reset/cut-short", null], ["help", "/help", null],
    ["accessibility", "/accessibility", null], ["unknown", "/nowhere", null],
    ["sign-in-error", "/sign-in", null, press("Sign in")], ["sign-up-error", "/sign-up", null, press("Create account")],
    ["forgot-error", "/forgot", null, press("Ask for the link")], ["check-email", "/sign-up/check-email", null],
    ["reset-error", reset, null, press("Change password", { password: "short" })], ["sign-in-wait", "/sign-in", null, guess],
    ["form-back", "/connectors/workbench/tools/text_diff", away, sendTooLateAndSignIn(stage.account(away))],
    ["form-unsent", "/connectors/workbench/tools/text_diff", away, sendTooLate],
    ["confirm-dead", "/confirm/cut-short", null], ["setup-dead", "/setup/cut-short", null],
    ["sign-out", "/sign-out"], ["choose", "/connectors/new"],
    ["add-error", "/connectors/new/mcp", alice, press("Add the server")],
    ["tool-error", "/connectors/everything/tools/get-sum", alice, press("Run this tool")],
    ["settings-profile-error", "/settings/profile", alice, press("Save", { display_name: "" })],
    ["settings-email-error", "/settings/sign-in/email", alice, press("Create the link")],
    ["settings-password-error", "/settings/sign-in/password", alice, press("Change password")],
    ["connectors", "/connectors"], ["connectors-coming", "/connectors", owner], ["connectors-list", "/connectors?view=list&q=json"], ["connectors-found", "/connectors?q=echo"],
    ["connectors-none", "/connectors?q=nothing+like+it&category=custom"],
    ["connectors-error", `/connectors?q=${"x".repeat(300)}&state=lost`], ["connector", "/connectors/everything"],
    ["connector-edit", "/connectors/everything/edit"], ["connector-edit-error", "/connectors/everything/edit", alice, press("Save", { name: "", url: "nowhere" })],
    ["connector-remove", "/connectors/everything/removal"], ["connector-filtered", "/connectors/everything?q=sum"], ["connector-unfiltered", "/connectors/everything?q=nothing"],
    ["connector-changes", "/connectors/everything/discovery"], ["connector-changed", "/connectors/changing/discovery"],
    ["tool-removed", "/connectors/changing/tools/leave"], ["add", "/connectors/new/mcp"],
    ["registry", "/connectors/new/registry"], ["registry-none", "/connectors/new/registry?q=nothing+like+it&show=usable"],
    ["registry-error", "/connectors/new/registry?asks=x"], ["registry-server", almanac], ["registry-refused", local],
    ["registry-error-form", weather, alice, press("Add the server")], ["registry-old-error", old, alice, press("Add the server")],
    ["workbench", "/connectors/workbench"],
    ["connections", "/connections"], ["connections-paused", "/connections?live=off"], ["connections-none", "/connections?state=attention", choosy],
    ["connections-over", "/connections?state=disconnected"], ["connections-error", "/connections?state=lost&after=x"],
    ["connections-empty", "/connections", empty], ["connection", connection], ["connection-busy", workbench],
    ["connection-over", ended], ["connection-default", `${connection}/default`],
    ["connection-label", `${connection}/label`],
    ["connection-label-error", `${connection}/label`, alice, press("Save", { label: "" })],
    ["connection-token", `${connection}/token`],
    ["connection-token-error", `${connection}/token`, alice, press("Replace the token")],
    ["connection-end", `${workbench}/disconnection`], ["connections-end", `/connections/disconnection?${boxes.join("&")}`],
    ["account", "/connectors/guarded/connection"],
    ["account-error", "/connectors/guarded/connection", alice, press("Connect", { ends_on: "2020-02-02" })],
    ["connections-needed", "/connections?state=attention"], ["connection-lost", lost], ["job-waits", `${waits}?live=off`],
    ["checkup", `${connection}/checkup`], ["connections-checkup", "/connections/checkup"], ["checkup-failed", `${lost}/checkup`], ["job-checkup", well], ["job-checkup-failed", sick],
    ["service", "/connectors/closed"], ["service-sign-in", "/connectors/closed/connection"],
    ["service-sign-in-error", "/connectors/closed/connection", alice, press("Connect", { label: "" })],
    ["service-continue", "/connectors/closed/connection", alice, toProvider],
    ["choice", choice, owner], ["choice-error", choice, owner, press("Connect")],
    ["choice-elsewhere", "/connectors/jira/connection/choice?state=made-up", owner],
    ["service-elsewhere", "/connectors/closed/connection/continue?state=made-up"],
    ["service-refused", "/oauth/callback?code=abc&state=made-up"],
    ["hosted", "/connectors/quickbooks"], ["hosted-key", "/connectors/ref/connection"], ["hosted-error", "/connectors/ref/connection", alice, press("Connect")],
    ["own-address", "/connectors/databricks-functions/connection"],
    ["own-address-error", "/connectors/databricks-functions/connection", alice, press("Connect", { workspace: "example.com" })],
    ["two-ways", "/connectors/notion"], ["two-ways-key", "/connectors/stripe"],
    ["rest", "/connectors/google-gmail", owner], ["rest-unknown", "/connectors/salesforce/connection", owner],
    ["own-application", "/connectors/zendesk/connection"], ["own-application-error", "/connectors/shopify/connection", alice, press("Connect", { shop: "acme.myshopify.com" })],
    ["application", "/connectors/google-gmail/application", owner], ["application-fields", "/connectors/discord/application", owner],
    ["application-error", "/connectors/github/application", owner, press("Save")],
    ["rest-sign-in-error", "/connectors/jira/connection", owner, press("Connect", { label: "" })],
    ["key-error", "/connectors/shopify/connection", owner, press("Connect", { shop: "evil.example/?x=" })],
    ["connector-accounts", "/connectors/guarded"], ["tool-accounts", "/connectors/guarded/tools/plant"],
    ["tool", "/connectors/everything/tools/get-sum"], ["tool-json", "/connectors/everything/tools/get-sum?as=json"],
    ["tool-preview", "/connectors/everything/tools/get-sum", alice, preview],
    ["saved-input", saved], ["tool-saved", `/connectors/everything/tools/get-sum?saved=${idOf(saved)}`],
    ["save-input", "/connectors/everything/tools/get-sum", alice, (page) => send(page, "Save this input")],
    ["save-input-error", "/connectors/everything/tools/get-sum", alice, saveAgain],
    ["tool-rich", "/connectors/workbench/tools/convert_time_zone"],
    ["tool-example", "/connectors/workbench/tools/text_diff", alice, (page) => send(page, "Fill in an example")],
    ["tool-again", `/connectors/everything/tools/echo?from=${done.split("/").pop()}`],
    ["dashboard", "/dashboard"], ["first-steps", "/dashboard/first-steps"], ["dashboard-month", "/dashboard?range=30d"], ["dashboard-hours", "/dashboard?range=24h"],
    ["dashboard-error", "/dashboard?range=x"], ["dashboard-empty", "/dashboard", empty],
    ["jobs-failed", "/jobs?status=failed&connector=workbench"], ["jobs-none", "/jobs?status=canceled"],
    ["jobs-error", "/jobs?status=lost&since=x"],
    ["jobs", "/jobs"], ["jobs-paused", "/jobs?live=off"], ["jobs-empty", "/jobs", empty],
    ["jobs-cancel", `/jobs/cancellation?c=${idOf(live)}`], ["jobs-repeat", `/jobs/repetition?c=${idOf(done)}&c=${idOf(live)}`],
    ["jobs-compare", `/jobs/comparison?a=${idOf(done)}&b=${idOf(failed)}`], ["jobs-running", "/jobs?status=running&live=off"],
    ["connections-all", "/connections?select=all"],
    ["job-done", done], ["job-failed", failed], ["job-live", `${live}?live=off`], ["job-cancel", `${live}/cancellation`],
    ["result-values", values], ["result-markdown", forecast], ["result-media", media], ["result-resource", opened], ["resource", `${media}/content/5/resource`], ["jobs-open-again", `/jobs/repetition?c=${idOf(opened)}`], ["result-text", book],
    ["result-table", `${values}/result?at=/structuredContent/orders&sort=total&order=desc`], ["result-columns", `${values}/result?at=/structuredContent/orders&columns=8&after=49`],
    ["result-row", `${values}/result?at=/structuredContent/orders/3`], ["result-deep", `${values}/result?at=/structuredContent/settings/a/b`],
    ["result-all", `${values}/result`], ["result-read-on", `${book}/result?at=/content/0/text&after=19000`],
    ["result-json", `${values}/result?as=json`], ["result-source", `${forecast}/result?at=/content/0/text&as=text`],
    ["result-missing", `${values}/result?at=/structuredContent/orders/999`],
    ["search", "/search"], ["search-found", "/search?q=hash"], ["audit", "/audit"], ["audit-filtered", "/audit?outcome=failed&connector=workbench"],
    ["audit-none", "/audit?who=cli&action=jobs"], ["audit-error", "/audit?from=2026-11-24&to=2026-11-20&who=x"],
    ["entry", entry], ["entry-failed", failure], ["missing", "/jobs/00000000-0000-0000-0000-000000000000"],
    ["settings", "/settings"], ["settings-profile", "/settings/profile"], ["settings-appearance", "/settings/appearance"],
    ["settings-sign-in", "/settings/sign-in"], ["settings-email", "/settings/sign-in/email"],
    ["settings-password", "/settings/sign-in/password"], ["settings-sessions", "/settings/sessions"],
    ["settings-session", session], ["tokens", "/settings/tokens"], ["tokens-empty", "/settings/tokens", empty],
    ["token-new", "/settings/tokens/new"], ["token-new-error", "/settings/tokens/new", alice, press("Create token")],
    ["token-created", "/settings/tokens/new", choosy, createToken], ["token-revocation", revocation],
    ["settings-others", "/settings/sessions/others"], ["email-confirm", newEmail],
    ["jobs-chosen", "/jobs", choosy], ["appearance-chosen", "/settings/appearance", choosy],
    ...assistants, ...administration,
  ];
}

// Opens the resource that the result of a job links to; returns the page of the job that reads it.
async function openResource(page, job) {
  await page.goto(job);
  await page.getByRole("button", { name: "Open through Reports – The log of the run" }).click();
  await page.waitForURL((url) => url.pathname !== job);
  const { pathname } = new URL(page.url());
  await over(page, pathname);
  return pathname;
}

// Runs the tools of the server with results of each kind; returns the pages of their jobs.
async function reported(page, tools) {
  const paths = [];
  for (const tool of tools) {
    paths.push(await runTool(page, `/connectors/reports/tools/${tool}`));
    await over(page, paths.at(-1));
  }
  return paths;
}

// Adds a service with a token: two connections, one of them the default, and a third that is disconnected.
async function accounts({ page, url }) {
  await page.goto("/connectors/new/mcp");
  await type(page, { url, name: "Guarded" });
  await page.locator("[name='auth'][value='bearer']").check();
  await type(page, { token });
  await page.getByRole("button", { name: "Add the server" }).click();
  const soon = new Date(Date.now() + 3 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  for (const [label, ends_on] of [["Work", soon], ["Old", ""]]) {
    await page.goto("/connectors/guarded/connection");
    await type(page, { label, token, ends_on });
    await page.getByRole("main").getByRole("button", { name: "Connect" }).click();
  }
  const follow = async (label) => {
    await page.goto("/connectors/guarded");
    await page.getByRole("link", { name: label, exact: true }).click();
    return new URL(page.url()).pathname;
  };
  const over = await follow("Old");
  await page.getByRole("link", { name: "Disconnect" }).click();
  await page.getByRole("main").getByRole("button", { name: "Disconnect" }).click();
  const connection = await follow("Work");
  await page.getByRole("button", { name: "Use by default" }).click();
  return { connection, over };
}

// Enters the OAuth application of a shipped service as the owner, and begins a sign-in there. Returns the page on which its user
// chooses a site.
async function makeKnown(stage) {
  stage.account("owner", "--admin");
  const page = await stage.enter("owner", { script: false });
  await page.goto("/connectors/jira/application");
  await type(page, { client_id: "hub-at-jira", client_secret: clientSecret });
  await page.getByRole("button", { name: "Save" }).click();
  await page.goto("/connectors/jira/connection");
  await page.getByRole("main").getByRole("button", { name: "Connect" }).click();
  await page.getByRole("link", { name: /^Continue to/ }).waitFor();
  stage.hub.awaitChoice();
  return `/connectors/jira/connection/choice${new URL(page.url()).search}`;
}

// Signs in to a service that then revokes the grant; returns the waiting job and the connection.
async function losing({ page, gated, run }) {
  await page.goto("/connectors/new/mcp");
  await type(page, { url: gated.url, name: "Gated" });
  await page.getByRole("button", { name: "Add the server" }).click();
  await page.getByRole("link", { name: /^Continue to/ }).click();
  await page.getByRole("heading", { name: "Gated" }).waitFor();
  await page.goto("/connections");
  const lost = await page.getByRole("link", { name: "Gated", exact: true }).getAttribute("href");
  const well = await checkUp(page, lost);
  await gated.kill();
  const waits = await run("/connectors/gated/tools/echo", { text: "patience" });
  await over(page, waits);
  return { waits, lost, well, sick: await checkUp(page, lost) };
}

// Runs a check-up of a connection; returns the page of its job.
async function checkUp(page, connection) {
  await page.goto(`${connection}/checkup`);
  await page.getByRole("button", { name: /^(Start the check-up|Check again)$/ }).click();
  const { pathname } = new URL(page.url());
  await over(page, pathname);
  return pathname;
}

// Signs alice in with a second browser; returns the page that confirms the end of that session.
async function anotherSession(stage, page) {
  await signIn(await stage.visit({ script: false }), stage.account("alice"), password);
  await page.goto("/settings/sessions");
  return page.locator("tbody a[href^='/settings/sessions/']").first().getAttribute("href");
}

// Creates a token, and stays on the page that shows it.
async function createToken(page) {
  await type(page, { name: "Laptop" });
  const answer = await send(page, "Create token");
  await page.locator("[name='token']").waitFor();
  return answer;
}

// Creates a token; returns the page that revokes it.
async function newToken(page) {
  await page.goto("/settings/tokens/new");
  await page.getByLabel("Name").fill("Claude Code on my laptop");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByRole("link", { name: "I have copied it" }).click();
  return page.locator("tbody a").first().getAttribute("href");
}

async function resetLink(stage) {
  const page = await stage.visit({ script: false });
  await page.goto("/forgot");
  await page.getByLabel("Email address").fill(stage.account("empty"));
  await page.getByRole("button", { name: "Ask for the link" }).click();
  return stage.hub.mailed(/\/reset\/\S+/);
}

async function newEmailLink({ hub, page }) {
  await page.goto("/settings/sign-in/email");
  await page.getByLabel("New email address").fill("alice@new.example.org");
  await page.getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Create the link" }).click();
  return hub.mailed(/\/email\/\S+/);
}

// Signs in a person whose appearance settings differ from the system.
async function choose(stage) {
  const page = await stage.enter("choosy", { script: false });
  await page.goto("/settings/appearance");
  for (const answer of ["Dark", "More contrast", "No animation"]) await page.getByLabel(answer).check();
  await page.getByRole("button", { name: "Save" }).click();
}

async function over(page, path) {
  for (let tries = 0; tries < 100; tries++) {
    const { status } = await (await page.request.get(`${path}.json`)).json();
    if (!["queued", "running"].includes(status)) return;
    await page.goto(`${path}?after=9.9&wait=2`);
  }
  throw new Error(`${path} does not end`);
}
