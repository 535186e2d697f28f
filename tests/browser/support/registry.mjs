// An MCP registry with a server of each kind: one to add, one that asks for values, a deprecated one, and refused ones.
import { createServer } from "node:http";

const remote = (url, more = {}) => ({ remotes: [{ type: "streamable-http", url, ...more }] });

const entry = (name, title, description, more, status = "active", statusMessage = undefined) => ({
  server: { name, title, description, version: "1.2.0", repository: { url: `https://github.com/${name}`, source: "github" }, ...more },
  _meta: {
    "io.modelcontextprotocol.registry/official": {
      status, statusMessage, publishedAt: "2026-10-01T10:00:00Z", updatedAt: "2026-11-20T10:00:00Z", isLatest: true,
    },
  },
});

const servers = [
  entry("com.example/almanac", "Almanac", "Tides, sunrise and moon for every harbour", remote("https://mcp.example.com/almanac")),
  entry("io.github.ada/a-name-that-is-as-long-as-names-of-servers-can-well-be-in-the-registry", "שלום\u202e Keyed weather",
    "Forecasts by hour, with warnings. A description may have a hundred characters, and this is one of them.",
    remote("https://weather.example.com/{tenant}/mcp", {
      variables: { tenant: { description: "The short name of your organisation", isRequired: true } },
      headers: [
        { name: "X-Api-Key", description: "From the page of your account", isSecret: true, isRequired: true },
        { name: "X-Region", choices: ["eu", "us"], default: "eu" },
      ],
    })),
  entry("com.example/old", "Old tides", "The former server", remote("https://old.example.com/mcp"), "deprecated", "Use com.example/almanac"),
  entry("io.github.ben/local", "Local files", "Reads files", { packages: [{ registryType: "npm", identifier: "x", transport: { type: "stdio" } }] }),
  entry("com.example/sse", "Events", "", { remotes: [{ type: "sse", url: "https://sse.example.com/sse" }] }),
  { server: { name: "no slash" } },
];

export async function startRegistry() {
  const server = createServer((request, answer) => {
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify({ servers, metadata: { count: servers.length } }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

// Waits until the hub has read the registry; returns the pages of these servers, by title.
export async function listed(page, titles) {
  for (let tries = 0; tries < 600; tries++) {
    await page.goto("/connectors/new/registry");
    if (await page.locator(".card").count()) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Promise.all(titles.map((title) => page.getByRole("link", { name: title }).getAttribute("href")));
}
