-- The copy of MCP registries: what they list, and how far the hub has read each of them. Pages search the copy, because a
-- registry promises no uptime and asks not to be searched by hosts.

CREATE TABLE registry_servers (
    id           uuid PRIMARY KEY,
    registry     text NOT NULL,
    name         text NOT NULL,
    title        text NOT NULL,
    description  text NOT NULL,
    host         text NOT NULL,
    names        text NOT NULL,
    words        text NOT NULL,
    namespace    text NOT NULL CHECK (namespace IN ('github', 'domain')),
    status       text NOT NULL CHECK (status IN ('active', 'deprecated', 'deleted')),
    refusal      text,
    asks         boolean NOT NULL,
    entry        text NOT NULL,
    updated_at   timestamptz,
    read_at      timestamptz NOT NULL,
    UNIQUE (registry, name)
);
COMMENT ON TABLE registry_servers IS 'MCP servers that the configured registries list: the latest version of each. Written by the task that reads the registries.';
COMMENT ON COLUMN registry_servers.id IS 'Id of the listing, in addresses of pages. It stays when the listing changes.';
COMMENT ON COLUMN registry_servers.registry IS 'Address of the registry, as configured.';
COMMENT ON COLUMN registry_servers.name IS 'Name at the registry: a namespace, a slash and a name.';
COMMENT ON COLUMN registry_servers.title IS 'Title for people; the name if the listing has none.';
COMMENT ON COLUMN registry_servers.description IS 'Description by its publisher.';
COMMENT ON COLUMN registry_servers.host IS 'Host of the server; empty: none can be read.';
COMMENT ON COLUMN registry_servers.names IS 'Title and name in lower case, for the search.';
COMMENT ON COLUMN registry_servers.words IS 'Title, name, description and host in lower case, for the search.';
COMMENT ON COLUMN registry_servers.namespace IS 'Proof of the publisher: a GitHub account, or the DNS records of a domain.';
COMMENT ON COLUMN registry_servers.status IS 'Status at the registry; deleted also if the registry lists it no longer.';
COMMENT ON COLUMN registry_servers.refusal IS 'Word for the reason why the hub cannot connect to it; null: it can.';
COMMENT ON COLUMN registry_servers.asks IS 'True if the listing names values that a person has to enter, such as a key.';
COMMENT ON COLUMN registry_servers.entry IS 'The entry as the registry sent it, as JSON text.';
COMMENT ON COLUMN registry_servers.updated_at IS 'Last change at the registry; null: not said.';
COMMENT ON COLUMN registry_servers.read_at IS 'Start of the pass that read the entry last.';
SELECT keep_for_system('registry_servers');

CREATE TABLE registry_reads (
    registry        text PRIMARY KEY,
    lease           uuid,
    leased_until    timestamptz,
    next_at         timestamptz NOT NULL,
    pass_started_at timestamptz,
    pass_is_full    boolean NOT NULL DEFAULT true,
    updated_since   timestamptz,
    cursor          text,
    pages           integer NOT NULL DEFAULT 0 CHECK (pages >= 0),
    left_out        json NOT NULL DEFAULT '{}',
    servers         integer NOT NULL DEFAULT 0 CHECK (servers >= 0),
    finished_at     timestamptz,
    read_since      timestamptz,
    full_at         timestamptz,
    failure         text CHECK (length(failure) <= 1000),
    failed_at       timestamptz,
    CHECK ((lease IS NULL) = (leased_until IS NULL)),
    CHECK ((failure IS NULL) = (failed_at IS NULL))
);
COMMENT ON TABLE registry_reads IS 'How far the hub has read each registry. A pass reads all pages, from its cursor on.';
COMMENT ON COLUMN registry_reads.registry IS 'Address of the registry, as configured.';
COMMENT ON COLUMN registry_reads.lease IS 'Id of the run that reads the registry now; null: none does.';
COMMENT ON COLUMN registry_reads.leased_until IS 'End of the lease, after which another process may read the registry.';
COMMENT ON COLUMN registry_reads.next_at IS 'Time from which the registry is read again.';
COMMENT ON COLUMN registry_reads.pass_started_at IS 'Start of the pass that is not finished yet; null: none.';
COMMENT ON COLUMN registry_reads.pass_is_full IS 'True if the pass reads all entries, not only those that changed.';
COMMENT ON COLUMN registry_reads.updated_since IS 'Time since which the pass asks for changes; null: it asks for all entries.';
COMMENT ON COLUMN registry_reads.cursor IS 'Cursor of the next page of the pass; null: the first.';
COMMENT ON COLUMN registry_reads.pages IS 'Pages of the pass so far.';
COMMENT ON COLUMN registry_reads.left_out IS 'Entries of the pass that could not be read: their number by the reason.';
COMMENT ON COLUMN registry_reads.servers IS 'Servers that were listed, and not deleted, when the last pass finished.';
COMMENT ON COLUMN registry_reads.finished_at IS 'End of the last finished pass; null: none.';
COMMENT ON COLUMN registry_reads.read_since IS 'Start of the last finished pass: changes since then are not known; null: none.';
COMMENT ON COLUMN registry_reads.full_at IS 'Start of the last finished pass that read all entries; null: none.';
COMMENT ON COLUMN registry_reads.failure IS 'Reason why the last run stopped, for people; null: it did not fail.';
COMMENT ON COLUMN registry_reads.failed_at IS 'Time of that failure.';
SELECT keep_for_system('registry_reads');
