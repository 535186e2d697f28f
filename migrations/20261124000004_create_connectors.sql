-- Connectors: services, their tools, and the immutable versions of those tools.

CREATE TABLE connectors (
    id             uuid PRIMARY KEY,
    owner_id       uuid REFERENCES users (id) ON DELETE CASCADE,
    visibility     text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'everyone')),
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    slug           text NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 60),
    description    text NOT NULL DEFAULT '',
    category       text NOT NULL DEFAULT 'custom',
    icon_url       text,
    auth_type      text NOT NULL CHECK (auth_type IN ('oauth', 'api_key', 'none')),
    oauth_provider text,
    oauth_scopes   text[] NOT NULL DEFAULT '{}',
    oauth_config   json,
    transport      text NOT NULL CHECK (transport IN ('builtin', 'mcp', 'rest')),
    mcp_server_url text,
    base_url       text,
    auth_style     json,
    account_fields json,
    is_active      boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (owner_id, slug)
);
COMMENT ON TABLE connectors IS 'A service the hub can reach: shipped (no owner) or added by a user.';
COMMENT ON COLUMN connectors.id IS 'Time-ordered.';
COMMENT ON COLUMN connectors.owner_id IS 'Who added it; null: shipped with the hub.';
COMMENT ON COLUMN connectors.visibility IS 'everyone for shipped ones, private for one''s own.';
COMMENT ON COLUMN connectors.name IS 'What people call it.';
COMMENT ON COLUMN connectors.slug IS 'Its place in URLs, unique per owner; a user''s own is found before a shipped one.';
COMMENT ON COLUMN connectors.description IS 'One sentence of purpose.';
COMMENT ON COLUMN connectors.category IS 'Lower-case word for the catalogue''s filter.';
COMMENT ON COLUMN connectors.icon_url IS 'Optional picture; a monogram stands in without it.';
COMMENT ON COLUMN connectors.auth_type IS 'How a user connects: oauth, api_key (any stored credential) or none.';
COMMENT ON COLUMN connectors.oauth_provider IS 'Descriptor name of the provider, for oauth.';
COMMENT ON COLUMN connectors.oauth_scopes IS 'Scopes asked for by default.';
COMMENT ON COLUMN connectors.oauth_config IS 'Provider descriptor overrides.';
COMMENT ON COLUMN connectors.transport IS 'builtin (in-memory MCP), mcp (streamable HTTP) or rest.';
COMMENT ON COLUMN connectors.mcp_server_url IS 'Where its MCP server answers, for mcp.';
COMMENT ON COLUMN connectors.base_url IS 'Where its API answers, for rest.';
COMMENT ON COLUMN connectors.auth_style IS 'How the credential is presented (header, query, basic).';
COMMENT ON COLUMN connectors.account_fields IS 'What to ask of a user besides the credential.';
COMMENT ON COLUMN connectors.is_active IS 'False hides it and refuses new jobs.';
COMMENT ON COLUMN connectors.created_at IS 'When it was added.';
SELECT share_or_own('connectors');

CREATE TABLE connector_tools (
    id                 uuid PRIMARY KEY,
    connector_id       uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    owner_id           uuid REFERENCES users (id) ON DELETE CASCADE,
    name               text NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
    description        text NOT NULL DEFAULT '',
    schema             json NOT NULL,
    source             text NOT NULL CHECK (source IN ('mcp', 'rest')),
    current_version_id uuid,
    position           integer NOT NULL DEFAULT 0,
    is_active          boolean NOT NULL DEFAULT true,
    created_at         timestamptz NOT NULL,
    UNIQUE (connector_id, name)
);
COMMENT ON TABLE connector_tools IS 'A tool as it is now; what a job runs is one of its versions.';
COMMENT ON COLUMN connector_tools.id IS 'Time-ordered.';
COMMENT ON COLUMN connector_tools.connector_id IS 'Whose tool it is.';
COMMENT ON COLUMN connector_tools.owner_id IS 'Copied from the connector, so that the policy needs no join.';
COMMENT ON COLUMN connector_tools.name IS 'The upstream''s name for it.';
COMMENT ON COLUMN connector_tools.description IS 'The upstream''s words, as untrusted text.';
COMMENT ON COLUMN connector_tools.schema IS 'JSON Schema of the arguments (json, not jsonb: key order and number spelling are kept).';
COMMENT ON COLUMN connector_tools.source IS 'mcp or rest.';
COMMENT ON COLUMN connector_tools.current_version_id IS 'The version a new job runs.';
COMMENT ON COLUMN connector_tools.position IS 'Order in which the server listed it.';
COMMENT ON COLUMN connector_tools.is_active IS 'False once the upstream stops listing it.';
COMMENT ON COLUMN connector_tools.created_at IS 'When it was first discovered.';
SELECT share_or_own('connector_tools');

CREATE TABLE connector_tool_versions (
    id              uuid PRIMARY KEY,
    tool_id         uuid NOT NULL REFERENCES connector_tools (id) ON DELETE CASCADE,
    owner_id        uuid REFERENCES users (id) ON DELETE CASCADE,
    version         integer NOT NULL,
    title           text,
    description     text NOT NULL DEFAULT '',
    schema          json NOT NULL,
    output_schema   json,
    annotations     json,
    request_mapping json,
    definition_hash bytea NOT NULL CHECK (length(definition_hash) = 32),
    created_at      timestamptz NOT NULL,
    UNIQUE (tool_id, version)
);
COMMENT ON TABLE connector_tool_versions IS 'Immutable definitions; a job names the one it runs.';
COMMENT ON COLUMN connector_tool_versions.id IS 'Time-ordered.';
COMMENT ON COLUMN connector_tool_versions.tool_id IS 'The tool this defines.';
COMMENT ON COLUMN connector_tool_versions.owner_id IS 'Copied from the connector, so that the policy needs no join.';
COMMENT ON COLUMN connector_tool_versions.version IS 'Counts from 1 in a tool.';
COMMENT ON COLUMN connector_tool_versions.title IS 'Display name, if the server gave one.';
COMMENT ON COLUMN connector_tool_versions.description IS 'The upstream''s words, as untrusted text.';
COMMENT ON COLUMN connector_tool_versions.schema IS 'JSON Schema of the arguments.';
COMMENT ON COLUMN connector_tool_versions.output_schema IS 'JSON Schema of the structured result, if declared.';
COMMENT ON COLUMN connector_tool_versions.annotations IS 'MCP hints (readOnlyHint, destructiveHint, idempotentHint …), untrusted.';
COMMENT ON COLUMN connector_tool_versions.request_mapping IS 'How arguments become a request, for rest.';
COMMENT ON COLUMN connector_tool_versions.definition_hash IS 'SHA-256 of name, description, schemas and annotations: a changed definition is a new version.';
COMMENT ON COLUMN connector_tool_versions.created_at IS 'When this definition was first seen.';
SELECT share_or_own('connector_tool_versions');

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger of tables whose rows never change.';
CREATE TRIGGER immutable BEFORE UPDATE ON connector_tool_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE user_connections (
    user_id            uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id                 uuid NOT NULL,
    connector_id       uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    label              text NOT NULL DEFAULT 'Default' CHECK (length(label) BETWEEN 1 AND 60),
    status             text NOT NULL CHECK (status IN ('pending', 'active', 'expired', 'revoked', 'error')),
    health             text NOT NULL DEFAULT 'ok' CHECK (health IN ('ok', 'limited', 'degraded', 'reauth_required', 'exhausted', 'by_provider', 'blocked')),
    reason             text,
    secret_ref_access  text CHECK (secret_ref_access LIKE 'vault://secrets/%'),
    secret_ref_refresh text CHECK (secret_ref_refresh LIKE 'vault://secrets/%'),
    version            integer NOT NULL DEFAULT 1,
    external_account   text,
    captured           json,
    requested_scopes   text[] NOT NULL DEFAULT '{}',
    scopes             text[] NOT NULL DEFAULT '{}',
    expires_at         timestamptz,
    last_ok_at         timestamptz,
    last_error         text,
    last_used_at       timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, connector_id, label)
) WITH (fillfactor = 70);
COMMENT ON TABLE user_connections IS 'A user''s link to a connector; every call goes through one, also where nothing has to be proved.';
COMMENT ON COLUMN user_connections.user_id IS 'Whose connection.';
COMMENT ON COLUMN user_connections.id IS 'Time-ordered.';
COMMENT ON COLUMN user_connections.connector_id IS 'The service it links to.';
COMMENT ON COLUMN user_connections.label IS 'Tells several accounts of one service apart.';
COMMENT ON COLUMN user_connections.status IS 'pending, active, expired, revoked or error.';
COMMENT ON COLUMN user_connections.health IS 'How well an active one works, or why another does not.';
COMMENT ON COLUMN user_connections.reason IS 'The cause in words, for the page.';
COMMENT ON COLUMN user_connections.secret_ref_access IS 'Reference to the credential that calls present.';
COMMENT ON COLUMN user_connections.secret_ref_refresh IS 'Reference to the refresh token.';
COMMENT ON COLUMN user_connections.version IS 'Raised with each new credential; a loser of a refresh race re-reads it.';
COMMENT ON COLUMN user_connections.external_account IS 'Account name at the service, if known.';
COMMENT ON COLUMN user_connections.captured IS 'Provider fields kept from the grant (instance URL, workspace …).';
COMMENT ON COLUMN user_connections.requested_scopes IS 'Scopes asked for.';
COMMENT ON COLUMN user_connections.scopes IS 'Scopes granted.';
COMMENT ON COLUMN user_connections.expires_at IS 'When the access credential ends.';
COMMENT ON COLUMN user_connections.last_ok_at IS 'Last call that the service accepted.';
COMMENT ON COLUMN user_connections.last_error IS 'Last refusal, in words.';
COMMENT ON COLUMN user_connections.last_used_at IS 'Last call.';
COMMENT ON COLUMN user_connections.created_at IS 'When it was made.';
COMMENT ON COLUMN user_connections.updated_at IS 'Last change of the connection itself.';
SELECT own_by('user_connections', 'user_id');
