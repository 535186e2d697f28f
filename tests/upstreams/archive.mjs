// A REST service that takes files as multipart bodies: node archive.mjs PORT. The parser is node's own.
import { createServer } from 'node:http';

const [port] = process.argv.slice(2);

/** Returns the parts of a multipart body, in their order. */
async function readParts(headers, body) {
  const form = await new Response(body, { headers: { 'content-type': headers['content-type'] } }).formData();
  const parts = [...form].map(async ([name, value]) =>
    typeof value === 'string'
      ? { name, text: value }
      : { name, text: await value.text(), file: value.name, type: value.type });
  return Promise.all(parts);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.headers.authorization !== 'Bearer ak_5d20') return answer(401, {});
  if (request.url === '/me') return answer(200, { id: 'alice' });
  try {
    return answer(200, { parts: await readParts(request.headers, Buffer.concat(chunks)) });
  } catch (error) {
    return answer(400, { error: String(error) });
  }
});
server.listen(Number(port), '127.0.0.1', () => console.error('listening'));
