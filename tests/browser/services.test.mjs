// REST services without script: people connect them with a key and by signing in, and their tools call local servers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { step } from "./support/browser.mjs";
import { application } from "./support/provider.mjs";
import { startGmail, startJira, startMonday, startStripe } from "./support/services.mjs";
import { press, settled } from "./support/steps.mjs";
import { suite } from "./support/suite.mjs";

const upstreams = new URL("../upstreams/", import.meta.url).pathname;
const [stripeKey, mondayKey, address] = ["sk_test_7f3a91", "mk-2c8e04", "bob@mail.example.org"];

const servers = { stripe: startStripe, jira: startJira, gmail: () => startGmail(address), monday: () => startMonday(mondayKey) };

suite("services", { servers }, (stage) => {
  const services = () => Object.keys(servers).map((name) => stage[name]);
  const secrets = new Set([application.secret]);

  before(() => {
    stage.account("alice", "--admin");
    services().forEach((service) => stage.hub.moveService(service));
  });
  after(() => services().forEach((service) => stage.hub.returnService(service)));

  // Returns what the hub has sent to a service since the last call: method, path, body, and the headers of these names.
  function sent(service, ...names) {
    const requests = service.take().filter(({ headers }) => headers["user-agent"].startsWith("tool-connect-craft/"));
    return requests.map(({ method, path, headers, body }) => {
      if (headers.authorization) secrets.add(headers.authorization.split(" ").pop());
      return { method, path, body, ...Object.fromEntries(names.map((name) => [name, headers[name]])) };
    });
  }

  const enter = (who) => stage.enter(who, { script: false });
  const flash = (page, text) => page.getByRole("main").getByText(text, { exact: true }).waitFor();
  const follow = (page, name) => page.getByRole("main").getByRole("link", { name, exact: true }).click();
  const type = (page, name, text) => page.getByRole("textbox", { name }).fill(text);
  const table = (page) => page.getByRole("region", { name: /^(Result as a table|Table “)/ }).getByRole("row")
    .evaluateAll((rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent.trim())));

  async function runTool(page, word) {
    await press(page, "Run this tool");
    await settled(page, false, word);
  }

  // Enters the OAuth application of a service as an administrator.
  async function enterApplication(slug, name) {
    const page = await enter("alice");
    await page.goto(`/connectors/${slug}`);
    await follow(page, "OAuth application");
    await type(page, "Client id", application.id);
    await type(page, "Client secret", application.secret);
    await press(page, "Save");
    await flash(page, `The OAuth application is stored. ${name} can be connected now.`);
  }

  // Signs in at a provider, from the page of the connector to the page after the consent. Returns the query of the request.
  async function signIn(page, { url, take }, link, provider) {
    await follow(page, link);
    await press(page, "Connect");
    await follow(page, `Continue to ${new URL(url).host}`);
    await page.getByRole("heading", { name: `${provider} asks for your consent` }).waitFor();
    const [{ path }] = take();
    await page.getByRole("button", { name: "Accept" }).click();
    await page.getByRole("main").waitFor();
    return Object.fromEntries(new URL(path, url).searchParams);
  }

  test("Stripe: a key is checked, a customer is created after a dry run, and a list has a second page", async () => {
    const { stripe } = stage;
    const page = await enter("alice");
    const shared = { authorization: `Bearer ${stripeKey}`, "stripe-version": "2026-09-30.endive" };
    const headers = Object.keys(shared);

    await step("a key that Stripe refuses is explained, and nothing is stored", async () => {
      await page.goto("/connectors/stripe");
      await follow(page, /^Connect ?: With a key$/);
      await type(page, "Secret or restricted key", "rk_unknown");
      await press(page, "Connect");
      await page.getByRole("heading", { name: "There is a problem" }).waitFor();
      await page.getByRole("link", { name: /did not accept the credential \(HTTP 401\)/ }).waitFor();
      const refused = { ...shared, authorization: "Bearer rk_unknown" };
      assert.deepEqual(sent(stripe, ...headers), [{ method: "GET", path: "/api.stripe.com/v1/customers?limit=1", body: "", ...refused }]);
    });

    await step("her key connects Stripe, and the account is named", async () => {
      await type(page, "Secret or restricted key", stripeKey);
      await press(page, "Connect");
      await flash(page, "Stripe has accepted the key, and is connected.");
      await page.getByRole("definition").getByText("Tides & Co", { exact: true }).waitFor();
      const paths = ["/api.stripe.com/v1/customers?limit=1", "/api.stripe.com/v1/account"];
      assert.deepEqual(sent(stripe, ...headers), paths.map((path) => ({ method: "GET", path, body: "", ...shared })));
    });

    await step("the dry run shows the whole request with words in the place of the key, and sends nothing", async () => {
      await page.goto("/connectors/stripe/tools/create_customer");
      await type(page, "Email address", "ada@example.org");
      await type(page, "Name", "Ada & Söhne");
      await press(page, "Preview this run");
      await page.getByRole("heading", { name: "What would be sent" }).waitFor();
      assert.equal(await page.locator("#preview-request").textContent(), [
        `POST ${stripe.url}/api.stripe.com/v1/customers`,
        "authorization: Bearer (your credential)",
        "content-type: application/x-www-form-urlencoded",
        "idempotency-key: (a key of the job)",
        "stripe-version: 2026-09-30.endive",
        "",
        "email=ada%40example.org&name=Ada+%26+S%C3%B6hne",
      ].join("\n"));
      assert.ok(!(await page.content()).includes(stripeKey), "the page has the key");
      assert.deepEqual(sent(stripe), []);
    });

    await step("the run sends that request once, and the result names the customer", async () => {
      await runTool(page, "Succeeded");
      await page.getByText(/^Created the customer cus_\w+\.$/).waitFor();
      const [request, ...more] = sent(stripe, ...headers, "content-type", "idempotency-key");
      const { "idempotency-key": key, ...rest } = request;
      assert.deepEqual(rest, {
        method: "POST", path: "/api.stripe.com/v1/customers", body: "email=ada%40example.org&name=Ada+%26+S%C3%B6hne",
        ...shared, "content-type": "application/x-www-form-urlencoded",
      });
      assert.match(key, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.deepEqual(more, []);
    });

    await step("a list is a table, and its sentence says how to see more", async () => {
      for (const name of ["Ben", "Cleo"]) await stripe.add(stripeKey, { name, email: `${name.toLowerCase()}@example.org` });
      await page.goto("/connectors/stripe/tools/list_customers");
      await type(page, "At most", "2");
      await runTool(page, "Succeeded");
      const [head, ...rows] = await table(page);
      assert.deepEqual(head, ["Customer", "Email", "Name", "Created"]);
      assert.deepEqual(rows.map(([, email, name]) => [email, name]), [["ada@example.org", "Ada & Söhne"], ["ben@example.org", "Ben"]]);
      const last = rows[1][0];
      await flash(page, `2 customers. There are more. To see them, run the tool again and enter ${last} as “Continue at”.`);
      await follow(page, "Next page of the result");
      assert.equal(await page.getByRole("textbox", { name: "At most" }).inputValue(), "2");
      assert.equal(await page.getByRole("textbox", { name: "Continue at" }).inputValue(), last);
      await runTool(page, "Succeeded");
      assert.deepEqual((await table(page)).slice(1).map(([, email]) => email), ["cleo@example.org"]);
      await flash(page, "1 customer.");
      const path = "/api.stripe.com/v1/customers?limit=2";
      assert.deepEqual(sent(stripe, ...headers), [path, `${path}&starting_after=${last}`].map((path) => ({ method: "GET", path, body: "", ...shared })));
    });
    assert.deepEqual(page.faults.filter((fault) => !/422/.test(fault)), []);
  });

  test("Jira: a sign-in covers two sites, and tools call the one that the person chooses", async () => {
    const { jira } = stage;
    const page = await enter("bob");

    await step("without an application, bob reads what is missing; alice enters it", async () => {
      await page.goto("/connectors/jira/connection");
      await page.getByRole("heading", { name: "Not ready yet" }).waitFor();
      await enterApplication("jira", "Jira");
    });

    await step("he signs in, and the provider is asked as Atlassian wants it", async () => {
      await page.goto("/connectors/jira");
      const { state, code_challenge: challenge, ...query } = await signIn(page, jira, /^Connect ?: Sign in \(through this hub\)$/, "Atlassian");
      assert.deepEqual(query, {
        response_type: "code", client_id: application.id, code_challenge_method: "S256",
        redirect_uri: `${stage.hub.url}/oauth/callback`, audience: "api.atlassian.com", prompt: "consent",
        scope: "read:jira-work write:jira-work read:jira-user offline_access",
      });
    });

    await step("two sites of Jira are offered, and one must be chosen", async () => {
      await page.getByRole("heading", { name: "Choose the site", level: 1 }).waitFor();
      const [exchange, list, ...more] = sent(jira, "authorization", "content-type");
      assert.deepEqual([exchange.method, exchange.path, exchange["content-type"]], ["POST", "/auth.atlassian.com/oauth/token", "application/json"]);
      assert.deepEqual([list.method, list.path, more], ["GET", "/api.atlassian.com/oauth/token/accessible-resources", []]);
      const radios = page.getByRole("radio");
      assert.equal(await radios.count(), 2, "the site of the other product is left out");
      for (const name of ["Acme https://acme.atlassian.net", "Brightwater https://brightwater.atlassian.net"]) {
        assert.ok(!(await page.getByRole("radio", { name, exact: true }).isChecked()), name);
      }
      await press(page, "Connect");
      await page.getByRole("link", { name: "Choose the site" }).waitFor();
      assert.equal(await page.getByRole("heading", { name: "There is a problem" }).count(), 1);
      await page.getByRole("radio", { name: /^Brightwater/ }).check();
      await press(page, "Connect");
      await flash(page, "Jira is connected as Bob of Brightwater, Brightwater.");
    });

    await step("a tool calls the chosen site", async () => {
      await page.goto("/connectors/jira/tools/search_issues");
      await type(page, "Query", "project = SHOP");
      await runTool(page, "Succeeded");
      assert.deepEqual((await table(page)).map((row) => row.slice(0, 4)), [
        ["Issue", "Summary", "Status", "Assignee"], ["SHOP-7", "The page is empty", "Open", "Ada"], ["SHOP-8", "Größe fehlt", "Done", "Ada"],
      ]);
      const requests = sent(jira, "authorization");
      assert.match(requests.at(-1).authorization, /^Bearer at-/);
      assert.deepEqual(requests.filter(({ path }) => !path.startsWith("/api.atlassian.com/ex/jira/b2/rest/api/3/")), []);
      const { method, path, body } = requests.at(-1);
      assert.deepEqual([method, path], ["POST", "/api.atlassian.com/ex/jira/b2/rest/api/3/search/jql"]);
      assert.deepEqual(JSON.parse(body), { jql: "project = SHOP", maxResults: 10, fields: ["summary", "status", "assignee", "updated"] });
    });

    await step("an issue and its transition are chosen from lists, and the issue is moved", async () => {
      await page.goto("/connectors/jira/tools/transition_issue");
      const choose = async (noun, field, choice) => {
        await press(page, `Choose from a list of ${noun} (${field})`);
        await page.getByLabel(`Or choose one of the ${noun} (${field})`).selectOption({ label: choice });
      };
      await choose("issues", "Issue", "SHOP-7 · The page is empty");
      await choose("transitions", "Transition", "Close");
      await press(page, "Preview this run");
      await page.getByRole("heading", { name: "What would be sent" }).waitFor();
      sent(jira);
      await runTool(page, "Succeeded");
      assert.deepEqual(sent(jira), [{ method: "POST", path: "/api.atlassian.com/ex/jira/b2/rest/api/3/issue/SHOP-7/transitions", body: JSON.stringify({ transition: { id: "31" } }) }]);
    });
    assert.deepEqual(page.faults.filter((fault) => !/422/.test(fault)), []);
  });

  test("Gmail: the mail that arrives is the one that was written", async () => {
    const { gmail } = stage;
    const page = await enter("bob");
    const text = "Liebe Ada,\n\ndie Zahlen – wie besprochen:\n.5 Prozent\nFrom Köln with love";

    await step("he signs in at Google with an application of alice", async () => {
      await enterApplication("google-gmail", "Gmail");
      await page.goto("/connectors/google-gmail");
      const query = await signIn(page, gmail, "Connect", "Google");
      assert.deepEqual([query.access_type, query.prompt], ["offline", "consent"]);
      await flash(page, `Gmail is connected as ${address}.`);
      sent(gmail);
    });

    await step("he sends a mail", async () => {
      await page.goto("/connectors/google-gmail/tools/send_email");
      await type(page, /^To$/, "ada@example.com, Zoë <zoe@example.com>");
      await type(page, "Copy to", "carol@example.com");
      await type(page, "Subject", "Grüße aus Köln – 你好");
      await type(page, "Text", text);
      await runTool(page, "Succeeded");
      await flash(page, "Sent the message 18c2f5d0a1b2c3d4.");
    });

    await step("Python reads in it what he wrote", async () => {
      const [{ body, ...request }, ...more] = sent(gmail, "content-type");
      assert.deepEqual(request, { method: "POST", path: "/gmail.googleapis.com/gmail/v1/users/me/messages/send", "content-type": "application/json" });
      assert.deepEqual(more, []);
      const { raw, ...rest } = JSON.parse(body);
      assert.deepEqual(rest, {});
      const parser = spawnSync(`${upstreams}venv/bin/python`, [`${upstreams}mail.py`], { input: Buffer.from(raw, "base64url"), encoding: "utf8" });
      assert.equal(parser.status, 0, parser.stderr);
      assert.deepEqual(JSON.parse(parser.stdout), {
        from: address, to: "ada@example.com, Zoë <zoe@example.com>", cc: "carol@example.com", subject: "Grüße aus Köln – 你好",
        type: "text/plain", charset: "utf-8", text: `${text}\n`, defects: [],
      });
    });
    assert.deepEqual(page.faults, []);
  });

  test("Monday.com: an answer of GraphQL is a table, and errors inside a 200 are told in words", async () => {
    const { monday } = stage;
    const page = await enter("bob");
    const received = () => sent(monday, "authorization", "api-version").map(({ body, ...request }) => {
      assert.deepEqual(request, { method: "POST", path: "/api.monday.com/v2", authorization: mondayKey, "api-version": "2026-10" });
      return JSON.parse(body);
    });

    await step("he connects with a token", async () => {
      await page.goto("/connectors/monday/connection");
      await type(page, "API token", mondayKey);
      await press(page, "Connect");
      await flash(page, "Monday.com has accepted the key, and is connected.");
      assert.deepEqual(received().map(({ query }) => query), ["{ me { id } }", "{ me { id email } }"]);
    });

    await step("boards are a table", async () => {
      await page.goto("/connectors/monday/tools/list_boards");
      await runTool(page, "Succeeded");
      assert.deepEqual((await table(page)).map(([name, , items]) => [name, items]), [["Board", "Items"], ["Orders", "12"], ["Größen", "3"]]);
      const [{ query, variables }] = received();
      assert.match(query, /^query\(\$limit: Int, \$page: Int\) \{ boards\(/);
      assert.deepEqual(variables, { limit: 25, page: 1 });
    });

    await step("a refusal with HTTP 200 is a failed job that says why", async () => {
      await page.goto("/connectors/monday/tools/create_item");
      await type(page, "Board", "1234567890");
      await type(page, "Name", "Order paper");
      await runTool(page, "Failed");
      await page.getByRole("region", { name: "What went wrong" }).getByText("127.0.0.1 refused this: User unauthorized to perform action.").waitFor();
      const [{ query, variables }, ...more] = received();
      assert.match(query, /\{ create_item\(board_id: \$board, item_name: \$name/);
      assert.deepEqual([variables, more], [{ board: "1234567890", name: "Order paper" }, []]);
    });
    assert.deepEqual(page.faults, []);
  });

  test("no key and no token that was sent is in the database or the log", () => {
    const [dump, log] = [stage.hub.dump(), stage.hub.errors];
    assert.ok(secrets.size >= 5 && dump.includes(application.id) && dump.includes("ada@example.org"), "the search finds nothing at all");
    assert.deepEqual([...secrets].filter((secret) => dump.includes(secret) || log.includes(secret)), []);
  });
});
