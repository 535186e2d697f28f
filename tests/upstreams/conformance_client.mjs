// The client under test of the conformance suite: hands a scenario to the test that drives the hub, and waits for its end.
//   node conformance_client.mjs <address of the test> <address of the suite's server>

const [control, server] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context } = process.env;
const body = JSON.stringify({ scenario, server, context: JSON.parse(context ?? "{}") });
const answer = await fetch(control, { method: "POST", headers: { "content-type": "application/json" }, body });
if (!answer.ok) throw new Error(await answer.text());
