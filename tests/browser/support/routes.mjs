// The routes of the hub. The list is the one that is compared with the sources in tests/it/authorization.rs.
import { readFileSync } from "node:fs";

// Not pages: what machines read, and pieces of a page.
const pieces = [/^\/(healthz|readyz|metrics|static)/, /\.(json|csv|ndjson)$/, /\/(news|events|live|output|content\/\{n\})$/];

const list = readFileSync(new URL("../../it/authorization.rs", import.meta.url), "utf8");

export const routes = [...list.matchAll(/^ {4}\("(\/[^"]*)", For::/gm)].map(([, route]) => route);

export const isPage = (route) => !pieces.some((piece) => piece.test(route));

// Whether the address is one of the route's: a name in braces stands for one part. A route that is spelled out is found
// before one with a name in its place.
export function routeOf(address) {
  const path = address.split(/[?#]/)[0];
  const matches = routes.filter((route) => {
    const pattern = route.split("/").map((part) => (part.startsWith("{") ? "[^/]+" : part.replaceAll(".", "\\.")));
    return new RegExp(`^${pattern.join("/")}$`).test(path);
  });
  return matches.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}
