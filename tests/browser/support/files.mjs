// A small MCP server with a tool that takes a picture, a note and a time. It keeps the arguments of each call.
import { startModern } from "./modern.mjs";

const inputSchema = {
  type: "object",
  required: ["picture", "note", "opens", "stay", "tags"],
  properties: {
    picture: { type: "string", title: "Picture", description: "The picture of the door.", contentEncoding: "base64", contentMediaType: "image/png" },
    note: { type: "string", title: "Note", format: "byte" },
    opens: { type: "string", title: "Opens at", format: "time" },
    stay: { type: "string", title: "Longest stay", format: "duration" },
    tags: { type: "array", title: "Tags", items: { type: "object", title: "tag", properties: { name: { type: "string", title: "Name" } } } },
  },
};

export async function startFiles() {
  const calls = [];
  const tools = [{ name: "post", title: "Post a picture", description: "Posts a picture.", inputSchema }];
  const server = await startModern({
    "tools/list": () => ({ tools }),
    "tools/call": ({ params }) => {
      calls.push(params.arguments);
      return { content: [{ type: "text", text: "Posted." }] };
    },
  });
  return { ...server, calls };
}
