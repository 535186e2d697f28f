// Records what the providers' client libraries send, for services that publish no description in a registry of packages.
// Prints {service: [{method, url, body, type}]}. The calls name each input of the tools in connectors/, with values of its type.
// The type is that of the argument, as the library declares it.

import http from "node:http";
import { TodoistApi } from "@doist/todoist-sdk";
import { Client as HubSpot } from "@hubspot/api-client";
import Airtable from "airtable";
import { Client as Discord } from "discord.js";
import { Dropbox } from "dropbox";
import { IntercomClient } from "intercom-client";
import { createCloudClient } from "jira.js/cloud";
import jsforce from "jsforce";
import zendesk from "node-zendesk";
import { ActivitiesApi, Configuration, DealsApi, PersonsApi } from "pipedrive/v2";

const recorded = [];
const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  recorded.push({ method: request.method, url: request.url, body });
  response.setHeader("content-type", "application/json");
  // what the libraries need to go on: a second page, a list, an id
  response.end(JSON.stringify({ records: [], offset: "next", results: [], done: true, id: "1" }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}`;

// Returns the requests of these calls. A library may dislike the made-up answer; its request is recorded all the same.
async function requestsOf(...calls) {
  const before = recorded.length;
  for (const call of calls) await Promise.resolve().then(call).catch(() => {});
  return recorded.slice(before);
}

// Returns the same for calls in pairs with the type of their argument.
async function typedRequestsOf(...calls) {
  const requests = [];
  for (const [type, call] of calls) requests.push(...(await requestsOf(call)).map((request) => ({ ...request, type })));
  return requests;
}

// Records what a library fetches from its own hosts. Beside a file, Dropbox has the argument in a header.
async function recordingFetch(url, { method, body, headers }) {
  recorded.push({ method, url: String(url), body: headers["Dropbox-API-Arg"] ?? body ?? "" });
  return Response.json({ results: [] });
}

const table = new Airtable({ apiKey: "key", endpointUrl: address }).base("appAbCdEfGhIjKlMn")("Contacts");
const fields = { Name: "Ada Lovelace" };
const airtable = await requestsOf(
  () => new Promise((ended) => {
    let page = 0;
    const next = (_, fetchNext) => (page++ ? ended() : fetchNext());
    table.select({ pageSize: 100, view: "Grid view" }).eachPage(next, ended);
  }),
  () => table.create(fields, { typecast: true }),
  () => table.update("recAbCdEfGhIjKlMn", fields),
);

const bot = new Discord({ intents: [], rest: { api: `${address}/api` } });
bot.rest.setToken("token");
// a channel and a server as the library would have learnt of them from Discord
const guild = bot.guilds._add({ id: "197038439483310086", name: "A", channels: [] });
const channel = bot.channels._add({ id: "41771983423143937", type: 0, guild_id: guild.id, name: "a" }, guild);
const discord = await requestsOf(
  () => bot.guilds.fetch({ limit: 20, after: "1" }),
  () => guild.channels.fetch(),
  () => bot.users.fetch("80351110224678912", { force: true }),
  () => channel.send({
    content: "The release is out.",
    embeds: [{ title: "A", description: "B", url: "https://example.com" }],
    allowedMentions: { parse: [] },
    nonce: "1",
    enforceNonce: true,
  }),
);

const { contacts, deals } = new HubSpot({ accessToken: "token", basePath: address }).crm;
const filters = [{ propertyName: "dealstage", operator: "EQ", value: "closedwon" }];
const search = { limit: 10, after: "0", sorts: [], properties: ["email"] };
const hubspot = await requestsOf(
  () => contacts.basicApi.getPage(10, "5", ["email"]),
  () => contacts.searchApi.doSearch({ ...search, query: "lovelace", filterGroups: [] }),
  () => contacts.basicApi.create({
    properties: { email: "ada@example.com", firstname: "Ada", lastname: "Lovelace", phone: "1" },
    associations: [],
  }),
  () => deals.searchApi.doSearch({ ...search, filterGroups: [{ filters }] }),
  () => deals.basicApi.create({
    properties: { dealname: "Engine", amount: "1200", pipeline: "default", dealstage: "closedwon" },
    associations: [],
  }),
);

const people = new IntercomClient({ token: "token", environment: address });
const intercom = await requestsOf(
  () => people.conversations.list({ per_page: 20, starting_after: "next" }),
  () => people.conversations.reply({
    conversation_id: "215470000000001",
    body: { type: "admin", admin_id: "1", message_type: "comment", body: "text" },
  }),
  () => people.contacts.search({
    query: { field: "email", operator: "~", value: "lovelace" },
    pagination: { per_page: 20, starting_after: "next" },
  }),
  () => people.articles.list(),
);

const { issueSearch } = createCloudClient({ host: address, auth: { type: "basic", email: "a@example.com", apiToken: "token" } });
const jql = "project = SHOP";
const jira = await requestsOf(
  () => issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql, maxResults: 10, fields: ["summary"], nextPageToken: "next" }),
);

const org = new jsforce.Connection({ instanceUrl: address, accessToken: "token", version: "64.0" });
const salesforce = await requestsOf(
  () => org.query("SELECT Id FROM Lead"),
  () => org.sobject("Lead").create({ LastName: "Lovelace", Company: "Analytical Engines" }),
  () => org.sobject("Lead").update({ Id: "00Q5g00000AbCdEEAV", Company: "Analytical Engines" }),
);

const desk = zendesk.createClient({ username: "user", token: "token", endpointUri: `${address}/api/v2` });
const tickets = await requestsOf(
  () => desk.search.query("type:ticket"),
  () => desk.tickets.create({ ticket: { subject: "Fire", comment: { body: "text" }, priority: "low" } }),
  () => desk.tickets.update(35436, { ticket: { status: "open", comment: { body: "text", public: true } } }),
);

const box = new Dropbox({ accessToken: "token", fetch: recordingFetch });
const path = "/Documents";
const dropbox = await typedRequestsOf(
  ["ListFolderArg", () => box.filesListFolder({ path })],
  ["ListFolderContinueArg", () => box.filesListFolderContinue({ cursor: "next" })],
  ["SearchV2Arg", () => box.filesSearchV2({ query: "report" })],
  ["SearchV2ContinueArg", () => box.filesSearchContinueV2({ cursor: "next" })],
  ["UploadArg", () => box.filesUpload({ path, contents: "text" })],
  ["CreateFolderArg", () => box.filesCreateFolderV2({ path })],
  ["GetTemporaryLinkArg", () => box.filesGetTemporaryLink({ path })],
  ["CreateSharedLinkWithSettingsArg", () => box.sharingCreateSharedLinkWithSettings({ path })],
);

const configuration = new Configuration({ accessToken: "token", basePath: `${address}/api/v2` });
const [ownDeals, persons] = [new DealsApi(configuration), new PersonsApi(configuration)];
const activities = new ActivitiesApi(configuration);
const page = { limit: 10, cursor: "next" };
const pipedrive = await typedRequestsOf(
  [null, () => ownDeals.getDeals({ ...page, status: "open", stage_id: 3, sort_by: "update_time", sort_direction: "desc" })],
  ["AddDealRequest", () => ownDeals.addDeal({ AddDealRequest: { title: "Engine" } })],
  ["UpdateDealRequest", () => ownDeals.updateDeal({ id: 42, UpdateDealRequest: { title: "Engine" } })],
  [null, () => persons.searchPersons({ ...page, term: "lovelace" })],
  ["AddPersonRequest", () => persons.addPerson({ AddPersonRequest: { name: "Ada Lovelace" } })],
  ["AddActivityRequest", () => activities.addActivity({ AddActivityRequest: { subject: "Call Ada" } })],
);

const list = new TodoistApi("token", { customFetch: recordingFetch });
const todoist = await typedRequestsOf(
  [null, () => list.getProjects(page)],
  [null, () => list.getTasks({ ...page, projectId: "6XGgm6PHrGgMpCFX", label: "errand" })],
  [null, () => list.getTasksByFilter({ ...page, query: "today" })],
  ["AddTaskArgs", () => list.addTask({ content: "Buy milk" })],
  ["UpdateTaskArgs", () => list.updateTask("6XGgmFQrx44wfGHr", { content: "Buy milk" })],
  [null, () => list.closeTask("6XGgmFQrx44wfGHr")],
);

console.log(JSON.stringify({ airtable, discord, dropbox, hubspot, intercom, jira, pipedrive, salesforce, todoist, zendesk: tickets }));
process.exit(0);
