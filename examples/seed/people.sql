-- What a past needs before its jobs: services with their tools, other people, and connections. It starts two months
-- before seed.now; seed.owner is the e-mail of the user whose pages are looked at.

SELECT ensure_partitions(current_setting('seed.now')::timestamptz - make_interval(days => days))
FROM unnest(ARRAY[61, 31, 0]) AS days;

-- ids as the hub makes them, of a moment, but with a number instead of chance: the same past each time
CREATE FUNCTION pg_temp.id_at(at timestamptz, kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8' || kind
        || lpad(to_hex(n), 12, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.start() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT current_setting('seed.now')::timestamptz - interval '60 days'
$$;

INSERT INTO users (id, email, display_name, password_hash, confirmed_at, created_at)
SELECT pg_temp.id_at(pg_temp.start(), 'a00', n), 'neighbour-' || n || '@example.com', 'Neighbour ' || n, '', pg_temp.start(), pg_temp.start()
FROM generate_series(1, 99) AS n;

-- services 1 to 500 are the owner's, and each neighbour has one: what is nobody's is hidden at the next start, as no file
-- ships it
CREATE TEMPORARY TABLE service AS
SELECT n,
       CASE WHEN n <= 500 THEN (SELECT id FROM users WHERE lower(email) = lower(current_setting('seed.owner')))
            ELSE pg_temp.id_at(pg_temp.start(), 'a00', n - 500) END AS owner_id
FROM generate_series(1, 599) AS n;

INSERT INTO connectors (id, owner_id, name, slug, description, category, auth_type, transport, mcp_server_url, created_at)
SELECT pg_temp.id_at(pg_temp.start(), 'c00', n),
       owner_id,
       'Service ' || lpad(n::text, 3, '0'),
       'service-' || lpad(n::text, 3, '0'),
       'Number ' || n || ' of a full catalogue; nothing answers there.',
       (ARRAY['storage', 'development', 'communication', 'database', 'custom'])[1 + n % 5],
       (ARRAY['none', 'api_key', 'none'])[1 + n % 3],
       'mcp',
       'https://service-' || n || '.example/mcp',
       pg_temp.start()
FROM service;

INSERT INTO connector_tools (id, connector_id, owner_id, name, current_version_id, position, created_at)
SELECT pg_temp.id_at(pg_temp.start(), 'd00', n * 10 + t),
       pg_temp.id_at(pg_temp.start(), 'c00', n),
       owner_id,
       (ARRAY['search', 'read', 'write', 'remove'])[t],
       pg_temp.id_at(pg_temp.start(), 'e00', n * 10 + t),
       t,
       pg_temp.start()
FROM service, generate_series(1, 4) AS t;

INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, description, schema, definition_hash, created_at)
SELECT current_version_id,
       id,
       owner_id,
       1,
       'What this tool does, in a sentence of usual length, so that a page weighs what it would.',
       '{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}',
       sha256(convert_to(name || connector_id, 'UTF8')),
       created_at
FROM connector_tools
WHERE id >= pg_temp.id_at(pg_temp.start(), 'd00', 0) AND id <= pg_temp.id_at(pg_temp.start(), 'd00', 5994);

-- who may run what: the owner (0) twenty services, each neighbour one
CREATE TEMPORARY TABLE seat AS
SELECT who,
       k,
       CASE WHEN who = 0 THEN (SELECT id FROM users WHERE lower(email) = lower(current_setting('seed.owner')))
            ELSE pg_temp.id_at(pg_temp.start(), 'a00', who) END AS owner_id,
       pg_temp.id_at(pg_temp.start(), 'b00', who * 100 + k) AS connection_id,
       pg_temp.id_at(pg_temp.start(), 'c00', n) AS connector_id,
       pg_temp.id_at(pg_temp.start(), 'e00', n * 10 + 1) AS tool_version_id
FROM generate_series(0, 99) AS who,
     generate_series(0, 19) AS k,
     LATERAL (VALUES (CASE who WHEN 0 THEN 1 + k ELSE 500 + who END)) AS used (n)
WHERE who = 0 OR k = 0;

INSERT INTO user_connections (owner_id, id, connector_id, status, created_at, updated_at)
SELECT owner_id, connection_id, connector_id, 'active', pg_temp.start(), pg_temp.start()
FROM seat;
