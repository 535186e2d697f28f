// A small MCP server whose tools return results of each kind: values, a table, Markdown, media, files and links.
import { startModern, tool } from "./modern.mjs";

const orders = Array.from({ length: 120 }, (_, n) => ({
  id: 1000 + n,
  customer: ["Ada Lovelace", "Charles Babbage", "Mary Somerville"][n % 3],
  total: `${(n * 7) % 90}.50`, items: n % 9, placed: `2026-11-${String(1 + (n % 28)).padStart(2, "0")}T08:29:05Z`,
  is_paid: n % 4 !== 0, page: `https://shop.example/orders/${1000 + n}`, labels: n % 2 ? ["gift", "fragile"] : [],
  address: { town: "Hull", lines: ["1 High Street", "Back door"] }, note: n % 5 ? null : "Ring twice, and wait: the bell is slow",
}));
const values = {
  title: "Orders of November", total: 9007199254740993, rate: 1.1, is_open: true, since: "2026-11-24T08:29:05Z", closed: null,
  page: "https://shop.example/reports/a-very-long-address-that-has-to-break-somewhere-on-a-narrow-screen?month=2026-11",
  owner: { name: "Ada Lovelace", place: { town: "Hull", country: { code: "GB", name: "United Kingdom" } }, teams: ["north", "east"] },
  history: Array.from({ length: 12 }, (_, n) => [`step ${n}`, n]),
  settings: { a: { b: { c: { d: { e: "deep" } } } } },
};
const schema = {
  type: "object",
  properties: { title: { type: "string", title: "Title of the report" }, total: { type: "string", title: "Number of orders" }, orders: { type: "array", title: "Orders" } },
};
const markdown = `# Weather of the week

**Rain** in [Hull](https://weather.example/hull), sun in the south. See https://weather.example/ for more.

## Days

| Day | Weather | Wind |
|---|---|---|
| Monday | rain | 4 |
| Tuesday | sun | 2 |

- [x] forecast
- [ ] warning
  - none yet

> Bring a coat.

\`\`\`sh
curl https://weather.example/api
\`\`\`

![map](https://weather.example/map.png) <b>not bold</b>`;

// A twentieth of a second of silence, and a green disc.
function silence() {
  const samples = 400;
  const wav = Buffer.alloc(44 + samples, 128);
  wav.write("RIFF", 0); wav.writeUInt32LE(36 + samples, 4); wav.write("WAVEfmt ", 8); wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(8000, 24); wav.writeUInt32LE(8000, 28);
  wav.writeUInt16LE(1, 32); wav.writeUInt16LE(8, 34); wav.write("data", 36); wav.writeUInt32LE(samples, 40);
  return wav.toString("base64");
}
export const picture = [
  "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAYAAABXAvmHAAAAu0lEQVR42u3ayw2AMAwD0E7EKkzE7HBHiH7iJE7lSJzxExcatzXNRnNc5z3ylAxNh7EGT4Og",
  "g4dCvMO7IaKCu0CywkMQ2eHNiNIAlvBLCLbw04jSANbww4jSAPbwXQTyJe8RoAdAf2ZPwCdCAAEEEEAAAUoD9C8kANmZwAsQdiJLA6AQHoDQrUQqAIFAA8K3",
  "c0hAym6UAmBBoABpHQECkNrUWAAUPdkqgKatnAXQ9cWjANrW/g+gSxk7zQNqLLBJWnCUjAAAAABJRU5ErkJggg==",
].join("");
const logUri = "demo://logs/2026/11/24/the-log-of-the-run-with-every-line-that-it-wrote-and-the-picture.txt";
const media = [
  { type: "text", text: "A picture, a sound and a file." },
  { type: "image", data: picture, mimeType: "image/png" },
  { type: "audio", data: silence(), mimeType: "audio/wav" },
  { type: "resource", resource: { uri: "file:///reports/november.pdf", mimeType: "application/pdf", blob: "aGk=" } },
  { type: "resource", resource: { uri: "demo://notes/november.md", mimeType: "text/markdown", text: "Notes with **bold** words." } },
  { type: "resource_link", uri: logUri, name: "log", title: "The log of the run", description: "What happened, line by line.", mimeType: "text/plain", size: 41_200 },
  { type: "resource_link", uri: "https://shop.example/manual", name: "manual" },
];

const results = {
  values: { content: [], structuredContent: { ...values, orders } },
  weather: { content: [{ type: "text", text: markdown }] },
  media: { content: media },
  book: { content: [{ type: "text", text: Array.from({ length: 3000 }, (_, n) => `Line ${n} of a long book.`).join("\n") }] },
};

// The log that a result links to, with a picture.
const contents = [
  { uri: logUri, mimeType: "text/plain", text: "08:29 started\n08:31 the picture was made\n08:32 finished" },
  { uri: "demo://logs/1/picture.png", mimeType: "image/png", blob: picture },
];

export function startReports() {
  const tools = Object.keys(results).map((name) => ({ ...tool(name, `Returns ${name}.`, {}), ...(name === "values" && { outputSchema: schema }) }));
  return startModern({ "tools/list": () => ({ tools }), "tools/call": ({ params }) => results[params.name], "resources/read": () => ({ contents }) });
}
