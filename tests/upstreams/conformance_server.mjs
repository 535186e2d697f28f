// The MCP server behind the hub whose tools the conformance suite calls, on npm `@modelcontextprotocol/sdk`. The suite's
// scenarios describe them. It speaks protocol version 2025-11-25.
//   node conformance_server.mjs PORT
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema, CreateMessageResultSchema, ElicitResultSchema, ListToolsRequestSchema, SetLevelRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

const image = {
  type: "image",
  mimeType: "image/png",
  data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
};
const audio = { type: "audio", mimeType: "audio/wav", data: "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=" };
const text = (text) => ({ type: "text", text });
const resource = (uri, mimeType, text) => ({ type: "resource", resource: { uri, mimeType, text } });

// the suite lets a call report its steps 50 ms apart, and the hub sends at most ten a second: the next step waits until the suite
// has the one before
let arrived = () => {};
const step = async (extra, progress) => {
  const arrival = new Promise((resolve) => { arrived = resolve; });
  const { progressToken } = extra._meta ?? {};
  await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
  await arrival;
};
const log = (extra, data) => extra.sendNotification({ method: "notifications/message", params: { level: "info", data } });
const elicit = (extra, message, properties) => {
  const params = { message, requestedSchema: { type: "object", properties } };
  return extra.sendRequest({ method: "elicitation/create", params }, ElicitResultSchema);
};
const answer = ({ action, content }) => text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);

const none = { type: "object" };
const needing = (name) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });

// the schema of the scenario `json-schema-2020-12`
const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

// each with its input schema, and what returns its content
const tools = {
  json_schema_2020_12_tool: [schema, () => [text("The schema is what counts.")]],
  test_simple_text: [none, () => [text("This is a simple text response for testing.")]],
  test_image_content: [none, () => [image]],
  test_audio_content: [none, () => [audio]],
  test_embedded_resource: [
    none, () => [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  ],
  test_multiple_content_types: [none, () => [
    text("Multiple content types test:"), image,
    resource("test://mixed-content-resource", "application/json", JSON.stringify({ test: "data", value: 123 })),
  ]],
  test_error_handling: [none, () => { throw new Error("This tool intentionally returns an error for testing"); }],
  test_tool_with_progress: [none, async (_, extra) => {
    for (const progress of [0, 50, 100]) await step(extra, progress);
    return [text("All steps are done.")];
  }],
  test_tool_with_logging: [none, async (_, extra) => {
    for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) await log(extra, data);
    return [text("Tool with logging executed successfully")];
  }],
  test_logging_tool: [none, async (_, extra) => {
    await log(extra, "Only programs that asked for it see this");
    return [text("Logged.")];
  }],
  test_sampling: [needing("prompt"), async ({ prompt }, extra) => {
    const params = { messages: [{ role: "user", content: text(prompt) }], maxTokens: 100 };
    const { content } = await extra.sendRequest({ method: "sampling/createMessage", params }, CreateMessageResultSchema);
    return [text(`LLM response: ${content.text}`)];
  }],
  test_elicitation: [needing("message"), async ({ message }, extra) => {
    const properties = { username: { type: "string" }, email: { type: "string" } };
    return [answer(await elicit(extra, message, properties))];
  }],
  test_elicitation_sep1034_defaults: [none, async (_, extra) => {
    const properties = {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    };
    return [answer(await elicit(extra, "Please review and update the form fields with defaults", properties))];
  }],
  test_elicitation_sep1330_enums: [none, async (_, extra) => {
    const values = ["option1", "option2", "option3"];
    const titled = ["First", "Second", "Third"].map((title, n) => ({ const: `value${n + 1}`, title }));
    const properties = {
      untitledSingle: { type: "string", enum: values },
      titledSingle: { type: "string", oneOf: titled },
      legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
      untitledMulti: { type: "array", items: { type: "string", enum: values } },
      titledMulti: { type: "array", items: { anyOf: titled } },
    };
    return [answer(await elicit(extra, "Please select options from the enum fields", properties))];
  }],
  test_streaming_elicitation: [none, async (_, extra) => [answer(await elicit(extra, "May it go on?", {}))]],
  test_header_argument: [
    { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } }, required: ["region"] },
    ({ region }) => [text(`The region is ${region}.`)],
  ],
};

function mcpServer() {
  const server = new Server({ name: "fixture", version: "1" }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, [inputSchema]]) => ({ name, description: `The tool ${name} of the suite.`, inputSchema })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: input = {} } }, extra) => {
    try {
      return { content: await tools[name][1](input, extra) };
    } catch (error) {
      return { isError: true, content: [text(error.message)] };
    }
  });
  return server;
}

const sessions = new Map();

async function transportOf(request) {
  const known = sessions.get(request.headers["mcp-session-id"]);
  if (known) return known;
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => { sessions.set(id, transport); },
    onsessionclosed: (id) => { sessions.delete(id); },
  });
  await mcpServer().connect(transport);
  return transport;
}

createServer(async (request, response) => {
  if (request.url === "/test/arrived") {
    arrived();
    response.end();
  } else {
    await (await transportOf(request)).handleRequest(request, response);
  }
}).listen(Number(process.argv[2]), "127.0.0.1", () => console.error("listening"));
