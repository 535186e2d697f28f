// The routes of the hub, from the list in tests/it/authorization.rs, which is compared with the sources.
import { readFileSync } from "node:fs";

// Routes that are no pages: answers for machines, parts of pages, and addresses that lead on to the page with the form.
const pieces = [/^\/\.well-known\//, /^\/oauth\/(register|token|revoke)$/, /^\/(orgs\/\{org\}\/)?mcp$/, /\/acceptance$/, /^\/(healthz|readyz|metrics|static)/, /\.(json|csv|ndjson)$/, /\/(news|events|live|output|content\/\{n\}|image\/\{digest\})$/];

const list = readFileSync(new URL("../../it/authorization.rs", import.meta.url), "utf8");

export const routes = [...list.matchAll(/^ {4}\("(\/[^"]*)", For::/gm)].map(([, route]) => route);

export const isPage = (route) => !pieces.some((piece) => piece.test(route));

// Returns the route of an address. A name in braces matches one segment; a route with the segment itself comes first.
export function routeOf(address) {
  const path = address.split(/[?#]/)[0];
  const matches = routes.filter((route) => {
    const pattern = route.split("/").map((part) => (part.startsWith("{") ? "[^/]+" : part.replaceAll(".", "\\.")));
    return new RegExp(`^${pattern.join("/")}$`).test(path);
  });
  return matches.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}
