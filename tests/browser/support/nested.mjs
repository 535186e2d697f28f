// A small MCP server with a tool whose input has all that nests. It keeps the arguments of each call.
import { startModern } from "./modern.mjs";

const person = {
  type: "object", title: "Person", required: ["name"],
  properties: {
    name: { type: "string", title: "Name" },
    pin: { type: "string", title: "PIN", writeOnly: true },
    phones: { type: "array", title: "Phones", items: { type: "object", title: "phone", required: ["number"], properties: { number: { type: "string", title: "Number" }, kind: { enum: ["home", "work"], title: "Kind" } } } },
  },
};
const payment = (kind, title, properties) =>
  ({ title, type: "object", required: ["kind", ...Object.keys(properties)], properties: { kind: { const: kind }, ...properties, note: { type: "string", title: "Note" } } });
const inputSchema = {
  type: "object",
  required: ["people", "pay", "when"],
  properties: {
    people: { type: "array", title: "People", description: "Everybody who travels.", items: person, maxItems: 3 },
    pay: {
      title: "Payment",
      oneOf: [
        payment("card", "Card", { number: { type: "string", title: "Number", minLength: 4, maxLength: 4 } }),
        payment("bank", "Bank transfer", { iban: { type: "string", title: "IBAN", minLength: 5 } }),
      ],
    },
    when: { type: "string", format: "date-time", title: "Departure" },
    labels: { type: "object", title: "Labels", additionalProperties: { type: "string" } },
    options: {
      type: "object", title: "Options",
      properties: {
        meal: { type: "string", enum: ["none", "vegan", "fish"], title: "Meal" },
        allergies: { type: "string", title: "Allergies" },
        extra: { title: "Extra", description: "Anything else." },
      },
      if: { properties: { meal: { const: "fish" } }, required: ["meal"] },
      then: { properties: { fish: { type: "string", title: "Kind of fish" } } },
    },
  },
};

export async function startNested() {
  const calls = [];
  const tools = [{ name: "book", title: "Book a journey", description: "Books a journey.", inputSchema }];
  const server = await startModern({
    "tools/list": () => ({ tools }),
    "tools/call": ({ params }) => {
      calls.push(params.arguments);
      return { content: [{ type: "text", text: "Booked." }] };
    },
  });
  return { ...server, calls };
}
