// The real binary in an empty data directory, with its own private PostgreSQL.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env.CRAFT_BINARY ?? new URL("../../../target/debug/craft", import.meta.url).pathname;

export class Hub {
  static async start(registry) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run cargo build`);
    const dir = mkdtempSync(join(tmpdir(), "craft-browser-"));
    chmodSync(dir, 0o711); // as root, PostgreSQL runs as another user, who must pass
    const hub = new Hub(dir, registry);
    await hub.launch();
    return hub;
  }

  constructor(dir, registry) {
    this.dir = dir;
    this.registry = registry;
    this.port = 0;
    this.errors = "";
  }

  get env() {
    return {
      PATH: process.env.PATH,
      CRAFT_DATA_DIR: join(this.dir, "data"),
      CRAFT_LISTEN: `127.0.0.1:${this.port}`,
      CRAFT_EGRESS_ALLOW: "127.0.0.0/8,::1/128,localhost:1",
      CRAFT_SIGN_UP: "open",
      CRAFT_REGISTRY_URLS: this.registry?.url ?? "",
      CRAFT_LOG: process.env.CRAFT_LOG ?? "warn",
    };
  }

  // Resolves when the hub has printed its address; a first start also prints the owner's link.
  launch() {
    this.process = spawn(binary, ["serve"], { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.process.stderr.on("data", (bytes) => (this.errors += bytes));
    return new Promise((resolve, reject) => {
      let said = "";
      this.process.once("exit", (code) => reject(new Error(`craft ended with ${code}: ${this.errors}`)));
      this.process.stdout.on("data", (bytes) => {
        said += bytes;
        const address = said.match(/Listening on (http:\/\/127\.0\.0\.1:(\d+))/);
        const link = said.match(/http:\/\/\S+\/setup\/\S+(?=\n)/)?.[0];
        if (!address || (said.includes("no owner yet") && !link)) return;
        this.url = address[1];
        this.port = Number(address[2]);
        this.setup = link ?? this.setup;
        resolve();
      });
    });
  }

  // Waits for a mail with such a link: mails are sent after the page is answered. Returns the newest.
  async mailed(pattern) {
    const outbox = join(this.dir, "data", "outbox");
    for (let tries = 0; tries < 2_400; tries++) {
      const mails = existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith(".eml")) : [];
      for (const name of mails.sort().reverse()) {
        const link = readFileSync(join(outbox, name), "utf8").match(pattern);
        if (link) return link[0];
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no mail has ${pattern}`);
  }

  // Runs a program of PostgreSQL as the superuser of the hub's server.
  #postgres(program, ...more) {
    const home = join(this.dir, "data", "postgres");
    const noted = join(home, "socket.path");
    const socket = existsSync(noted) ? readFileSync(noted, "utf8") : join(home, "socket");
    const debian = "/usr/lib/postgresql";
    const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin", program)) : [];
    const path = versions.sort().findLast(existsSync) ?? program;
    const run = spawnSync(path, ["-h", socket, "-U", "postgres", ...more, "craft"], { encoding: "utf8", maxBuffer: 2 ** 30 });
    if (run.status !== 0) throw new Error(`${program}: ${run.error ?? run.stderr}`);
    return run.stdout;
  }

  // Dumps the database as text.
  dump() {
    return this.#postgres("pg_dump");
  }

  // Counts jobs of yesterday for a person, whose charts then have two columns.
  countYesterday(email) {
    this.#sql(`INSERT INTO job_hours (owner_id, hour, succeeded, failed, canceled, unknown, latency_ms)
      SELECT id, date_trunc('hour', now(), 'UTC') - interval '1 day', 3, 1, 1, 0, 5000 FROM users WHERE email = '${email}'`);
  }

  // Lets the sign-in that was begun at Jira wait for the choice of a site, as after its callback.
  awaitChoice() {
    const site = (id, name) => ({ id, label: name, detail: `https://${name.toLowerCase()}.atlassian.net`, values: { cloud_id: id } });
    const choices = JSON.stringify({ noun: ["site", "sites"], entries: [site("a1", "Acme"), site("b2", "Brightwater")] });
    this.#sql(`UPDATE oauth_transactions SET status = 'awaiting_choice', grant_ref = code_verifier_ref, choices = '${choices}',
      expires_at = now() + interval '1 hour' WHERE connector_id = (SELECT id FROM connectors WHERE slug = 'jira')`);
  }

  // Moves a shipped service to a local server, which its file may not name: the address is not https. The hub reads these columns
  // at each request, and writes them at each start.
  moveService({ slug, hosts, url }) {
    this.#replaceAddresses(slug, hosts.map((host) => [`https://${host}`, `${url}/${host}`]));
  }

  // Moves a service back to its hosts.
  returnService({ slug, url }) {
    this.#replaceAddresses(slug, [[`${url}/`, "https://"]]);
  }

  #replaceAddresses(slug, pairs) {
    const columns = { base_url: "text", oauth_config: "json", after_token: "jsonb", account_call: "json", check_call: "json" };
    const replaced = Object.entries(columns).map(([column, type]) => {
      const text = pairs.reduce((text, [from, to]) => `replace(${text}, '${from}', '${to}')`, `${column}::text`);
      return `${column} = ${text}::${type}`;
    });
    this.#sql(`UPDATE connectors SET ${replaced.join(", ")} WHERE owner_id IS NULL AND slug = '${slug}'`);
  }

  #sql(statement) {
    return this.#postgres("psql", "-qAt", "-c", statement).trim();
  }

  ended() {
    return new Promise((resolve) => (this.process.exitCode === null && this.process.signalCode === null
      ? this.process.once("exit", resolve)
      : resolve()));
  }

  // Kills the hub: no handler runs, and no buffer is flushed.
  async kill() {
    this.process.removeAllListeners("exit");
    this.process.kill("SIGKILL");
    await this.ended();
  }

  // Kills the hub and starts it again after `meanwhile`. What it was running counts as lost at once, without the 20 seconds
  // of silence.
  async restartAfterKill(meanwhile) {
    const dead = this.#sql("SELECT id FROM worker");
    await this.kill();
    await meanwhile();
    await this.launch();
    this.#sql(`DELETE FROM worker WHERE id = '${dead}'; DELETE FROM leader WHERE worker_id = '${dead}'`);
  }

  async stop() {
    this.process.removeAllListeners("exit");
    this.process.kill("SIGTERM");
    await this.ended();
    rmSync(this.dir, { recursive: true, force: true });
  }

  // Creates a confirmed account at the command line.
  user(email, password, ...more) {
    const made = spawnSync(binary, ["user", "create", "--email", email, "--password-stdin", ...more], {
      env: this.env,
      input: password,
      encoding: "utf8",
    });
    if (made.status !== 0) throw new Error(`craft user create: ${made.stderr}`);
  }
}
