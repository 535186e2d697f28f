// An assistant on this device: it registers at the hub, sends its person to a page, and listens for the answer.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

export class LocalAssistant {
  #server;
  #answers = [];
  #arrived = [];

  // Starts an assistant of a hub, under this name.
  static async start(hub, name) {
    const assistant = new LocalAssistant();
    await new Promise((resolve) => {
      assistant.#server = createServer((request, response) => {
        assistant.#receive(new URL(request.url, assistant.redirect));
        response.writeHead(200, { "content-type": "text/html" }).end("<title>Connected</title><h1>Go back to the assistant</h1>");
      }).listen(0, "127.0.0.1", resolve);
    });
    const redirect = `http://127.0.0.1:${assistant.#server.address().port}/callback`;
    Object.assign(assistant, { hub, redirect, verifier: base64url(randomBytes(32)) });
    const metadata = { client_name: name, redirect_uris: [assistant.redirect] };
    const registered = await fetch(new URL("/oauth/register", hub.url), { method: "POST", body: JSON.stringify(metadata) });
    assistant.clientId = (await registered.json()).client_id;
    return assistant;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  // Returns the path of the page on which a person agrees, with these parameters changed.
  path(changes = {}) {
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.redirect,
      state: "the state",
      scope: "tools:read tools:call jobs:read",
      code_challenge: base64url(createHash("sha256").update(this.verifier).digest()),
      code_challenge_method: "S256",
      resource: new URL("/mcp", this.hub.url).href,
      ...changes,
    });
    return `/oauth/authorize?${query}`;
  }

  // Waits for an answer; returns its parameters.
  answer() {
    return new Promise((resolve) => {
      this.#arrived.push(resolve);
      this.#deliver();
    });
  }

  #receive(url) {
    if (url.pathname !== "/callback") return;
    this.#answers.push(Object.fromEntries(url.searchParams));
    this.#deliver();
  }

  #deliver() {
    while (this.#answers.length && this.#arrived.length) this.#arrived.shift()(this.#answers.shift());
  }

  // Exchanges a code; returns the access token.
  async exchange(code) {
    const { clientId, redirect, verifier } = this;
    const parameters = { grant_type: "authorization_code", code, client_id: clientId, redirect_uri: redirect, code_verifier: verifier };
    const answered = await fetch(new URL("/oauth/token", this.hub.url), { method: "POST", body: new URLSearchParams(parameters) });
    return (await answered.json()).access_token;
  }

  // Lists the names of the hub's tools.
  async tools(token) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const answered = await fetch(new URL("/mcp", this.hub.url), { method: "POST", headers, body });
    return (await answered.json()).result?.tools.map(({ name }) => name) ?? answered.status;
  }
}

// Connects an assistant to the person of a page; returns it with the pages about it, for the list of all pages.
export async function connected(stage, page) {
  const assistant = await LocalAssistant.start(stage.hub, "Claude Code");
  await page.goto(assistant.path());
  await page.getByRole("button", { name: "Connect" }).click();
  const { code } = await assistant.answer();
  await assistant.tools(await assistant.exchange(code));
  await page.goto("/settings/assistants");
  const disconnection = await page.locator("tbody a").first().getAttribute("href");
  assistant.stop();
  const without = async (shown) => {
    for (const box of await shown.locator("[name='scope']").all()) await box.uncheck();
    const [answer] = await Promise.all([shown.waitForNavigation(), shown.getByRole("button", { name: "Connect" }).click()]);
    await shown.locator(".summary").waitFor();
    return answer;
  };
  return [
    ["consent", assistant.path()], ["consent-error", assistant.path(), "alice", without],
    ["consent-fault", assistant.path({ code_challenge: "" })], ["consent-unknown", "/oauth/authorize?client_id=unknown"],
    ["assistants", "/settings/assistants"], ["assistants-empty", "/settings/assistants", "empty"],
    ["assistant-disconnection", disconnection],
  ];
}
