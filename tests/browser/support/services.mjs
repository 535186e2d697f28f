// Local servers that answer as Stripe, Jira, Gmail and Monday.com do.
import { spawn } from "node:child_process";
import { freePort } from "./ports.mjs";
import { makeProvider } from "./provider.mjs";
import { startService } from "./service.mjs";

const upstreams = new URL("../../upstreams/", import.meta.url).pathname;
const refused = (body) => Response.json(body, { status: 401 });
const unknown = () => Response.json({}, { status: 404 });

// Stripe: tests/upstreams/stripe.py, whose requests are recorded on the way. `add` creates a customer without the hub.
export async function startStripe() {
  const port = await freePort();
  const child = spawn(`${upstreams}venv/bin/python`, ["-u", `${upstreams}stripe.py`, port], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`stripe.py ended with ${code}`)));
    child.once("error", reject);
    child.stdout.on("data", (bytes) => String(bytes).includes("Running on") && resolve());
  });
  const send = (path, options) => fetch(`http://127.0.0.1:${port}${path}`, options);
  const service = await startService("stripe", ["api.stripe.com"], ({ method, path, headers, body }) => {
    const { authorization = "", "content-type": type = "" } = headers;
    return send(path.replace("/api.stripe.com", ""), { method, headers: { authorization, "content-type": type }, body: body || undefined });
  });
  const add = (key, customer) =>
    send("/v1/customers", { method: "POST", headers: { authorization: `Bearer ${key}` }, body: new URLSearchParams(customer) });
  return { ...service, add, stop: () => { service.stop(); child.kill("SIGKILL"); } };
}

const site = (id, name, scope) =>
  ({ id, name, url: `https://${name.toLowerCase()}.atlassian.net`, scopes: [scope], avatarUrl: "https://example.org/a.png" });

const issue = (key, summary, status) =>
  ({ id: "10007", key, fields: { summary, status: { name: status }, assignee: { displayName: "Ada" }, updated: "2026-11-20T10:00:00.000+0000" } });

// Jira: an account with two sites, and one of another product.
export function startJira() {
  const provider = makeProvider({ name: "Atlassian", authorize: "/auth.atlassian.com/authorize", token: "/auth.atlassian.com/oauth/token" });
  const answers = {
    "/oauth/token/accessible-resources": [
      site("a1", "Acme", "read:jira-work"), site("b2", "Brightwater", "read:jira-work"), site("c3", "Wiki", "read:confluence-content.all"),
    ],
    "/ex/jira/b2/rest/api/3/myself": { accountId: "5b10", displayName: "Bob of Brightwater" },
    "/ex/jira/b2/rest/api/3/search/jql": { issues: [issue("SHOP-7", "The page is empty", "Open"), issue("SHOP-8", "Größe fehlt", "Done")], isLast: true },
    "/ex/jira/b2/rest/api/3/issue/SHOP-7/transitions": {
      transitions: [{ id: "21", name: "Start work", to: { name: "In progress" } }, { id: "31", name: "Close", to: { name: "Done" } }],
    },
  };
  return startService("jira", ["auth.atlassian.com", "api.atlassian.com"], (request) => {
    const signIn = provider.answer(request);
    if (signIn) return signIn;
    if (!provider.accepts(request)) return refused({ code: 401, message: "Unauthorized" });
    const found = answers[request.path.replace("/api.atlassian.com", "")];
    if (found?.transitions && request.method === "POST") return new Response(null, { status: 204 });
    return found ? Response.json(found) : unknown();
  });
}

// Gmail: the mailbox of this address. It accepts each mail.
export function startGmail(address) {
  const provider = makeProvider({ name: "Google", authorize: "/accounts.google.com/o/oauth2/v2/auth", token: "/oauth2.googleapis.com/token" });
  const answers = {
    "GET profile": { emailAddress: address, messagesTotal: 3, threadsTotal: 2, historyId: "77" },
    "POST messages/send": { id: "18c2f5d0a1b2c3d4", threadId: "18c2f5d0a1b2c3d4", labelIds: ["SENT"] },
  };
  return startService("google-gmail", ["accounts.google.com", "oauth2.googleapis.com", "gmail.googleapis.com"], (request) => {
    const signIn = provider.answer(request);
    if (signIn) return signIn;
    if (!provider.accepts(request)) return refused({ error: { code: 401, message: "Invalid Credentials" } });
    const found = answers[`${request.method} ${request.path.replace("/gmail.googleapis.com/gmail/v1/users/me/", "")}`];
    return found ? Response.json(found) : unknown();
  });
}

const board = (id, name, items_count) => ({ id, name, description: null, items_count, state: "active", url: `https://acme.monday.com/boards/${id}` });

// Monday.com: two boards. It answers 200 also if it refuses, as the real one does. `key` is the token that it accepts.
export function startMonday(key) {
  const answers = {
    "me {": { me: { id: "4012", email: "bob@acme.example.org" } },
    "boards(": { boards: [board("1234567890", "Orders", 12), board("1234567891", "Größen", 3)] },
  };
  return startService("monday", ["api.monday.com"], ({ headers, body }) => {
    if (headers.authorization !== key) return refused({ errors: ["Not Authenticated"] });
    const { query } = JSON.parse(body);
    const data = Object.entries(answers).find(([part]) => query.includes(part))?.[1];
    if (data) return Response.json({ data, extensions: { request_id: "r1" } });
    const error = { message: "User unauthorized to perform action", path: ["create_item"], extensions: { code: "UserUnauthorizedException", status_code: 403 } };
    return Response.json({ data: { create_item: null }, errors: [error], account_id: 7 });
  });
}
