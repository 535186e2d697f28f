// What all files of the suite share: one hub with its PostgreSQL, one Chromium, and one sign-in for each person.
import { after, afterEach, before, describe } from "node:test";
import { launch, signIn, visitor } from "./browser.mjs";
import { Hub } from "./hub.mjs";
import { startRegistry } from "./registry.mjs";

export const password = "correct horse battery staple";

let shared;

after(async () => {
  const { browser, hub, registry } = (await shared?.catch(() => undefined)) ?? {};
  registry?.stop();
  await browser?.close();
  await hub?.stop();
});

async function start() {
  const registry = await startRegistry();
  const [browser, hub] = await Promise.all([launch(), Hub.start(registry)]);
  return { browser, hub, registry };
}

// Defines the tests of a file. `servers` has the function that starts each server: while the tests run, `stage.everything`
// is what `servers.everything` has started.
export function suite(name, { servers = {} }, define) {
  const stage = new Stage(name);
  const started = [];
  describe(name, () => {
    before(async () => {
      Object.assign(stage, await (shared ??= start()));
      const all = Object.entries(servers).map(async ([key, begin]) => started.push((stage[key] = await begin())));
      await Promise.all(all);
    });
    afterEach(() => stage.leave());
    after(() => started.forEach((server) => server.stop()));
    define(stage);
  });
}

// The people and the open pages of one file.
class Stage {
  #accounts = new Set();
  #sessions = {};
  #contexts = [];

  constructor(name) {
    this.domain = `${name.replaceAll(/[^a-z]+/g, "-")}.example.org`;
  }

  email(who) {
    return `${who}@${this.domain}`;
  }

  // Creates the account of a person, once.
  account(who, ...more) {
    if (!this.#accounts.has(who)) this.hub.user(this.email(who), password, ...more);
    this.#accounts.add(who);
    return this.email(who);
  }

  // Opens a page in which nobody is signed in.
  async visit(look) {
    const page = await visitor(this.browser, this.hub, look);
    this.#contexts.push(page.context());
    return page;
  }

  // Opens a page of a person, who signs in only the first time.
  async enter(who, look) {
    return this.visit({ ...look, storageState: await (this.#sessions[who] ??= this.#session(who)) });
  }

  async #session(who) {
    const page = await this.visit();
    await signIn(page, this.account(who), password);
    return page.context().storageState();
  }

  // Closes all pages.
  leave() {
    return Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }
}
