// A local server in the place of a shipped REST service: it records each request, and answers as the test says.
import { createServer } from "node:http";

// Starts a server for the connector `slug`, whose file names `hosts`. Below the URL of the server, each host has a path of its
// own: /api.stripe.com/v1/customers. `answer` returns a fetch `Response` to a request: its method, path, headers and body.
export function startService(slug, hosts, answer) {
  const requests = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray()).toString();
    const request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body };
    requests.push(request);
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({
      slug,
      hosts,
      url: `http://127.0.0.1:${server.address().port}`,
      // returns the requests since the last call
      take: () => requests.splice(0),
      stop: () => { server.close(); server.closeAllConnections(); },
    }));
  });
}
