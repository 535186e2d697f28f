// A small MCP server whose tool `count` goes on only when the test says so.
import { answer, startModern, tool } from "./modern.mjs";

const tools = [tool("count", "Counts as it is told to.", {}, { readOnlyHint: true })];

// A call that is under way.
class Call {
  #steps = 0;

  constructor({ id, params }, response) {
    Object.assign(this, { id, token: params._meta?.progressToken, response });
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  }

  #send(message) {
    this.response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  // Reports the next step: "step 1", then "step 2".
  advance() {
    const progress = ++this.#steps;
    const params = { progressToken: this.token, progress, message: `step ${progress}` };
    this.#send({ jsonrpc: "2.0", method: "notifications/progress", params });
  }

  finish() {
    this.#send(answer(this.id, { content: [{ type: "text", text: "counted" }] }));
    this.response.end();
  }
}

// Starts the server. Its `nextCall` waits for a call.
export async function startCounting() {
  const [calls, waiting] = [[], []];
  const arrive = (call) => (waiting.length ? waiting.shift()(call) : calls.push(call));
  const server = await startModern({
    "tools/list": () => ({ tools }),
    "tools/call": (message, response) => arrive(new Call(message, response)),
  });
  const nextCall = () => new Promise((resolve) => (calls.length ? resolve(calls.shift()) : waiting.push(resolve)));
  return { ...server, nextCall };
}
