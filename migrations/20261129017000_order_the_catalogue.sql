-- With a hundred connectors, people look for those that others use most, and for those that need no preparation.
ALTER TABLE connectors
    ADD COLUMN popularity integer NOT NULL DEFAULT 0,
    ADD COLUMN needs_own_application boolean NOT NULL DEFAULT false,
    ADD COLUMN sunset jsonb;
COMMENT ON COLUMN connectors.popularity IS 'Rank among the shipped connectors; a larger number is more popular, and 0 is not ranked.';
COMMENT ON COLUMN connectors.needs_own_application IS 'True for an MCP server that registers no clients, so that each user needs an OAuth application there.';
COMMENT ON COLUMN connectors.sunset IS 'Day on which the service changes or ends what the connector uses, what to do, and where the service says so; null if no day is known.';

-- as before, and with the popularity, the last use as a time, and the issuer whose application of the hub users need
DROP FUNCTION catalogue_of(uuid);
CREATE FUNCTION catalogue_of(whose uuid) RETURNS TABLE (
    id uuid,
    name text,
    slug text,
    description text,
    category text,
    auth_type text,
    transport text,
    visibility text,
    is_active boolean,
    link text,
    is_usable boolean,
    place integer,
    used double precision,
    last_used_at timestamptz,
    hosted_id uuid,
    popularity integer,
    needs_own_application boolean,
    issuer text
) LANGUAGE sql STABLE AS $$
    SELECT c.id,
           c.name,
           c.slug,
           c.description,
           c.category,
           c.auth_type,
           c.transport,
           c.visibility,
           COALESCE(c.is_active, false),
           COALESCE(l.best, CASE WHEN c.is_open THEN 'active' END),
           COALESCE(l.is_active, c.is_open),
           CASE
               WHEN c.visibility = 'administrators' THEN 2
               WHEN COALESCE(l.is_active, c.is_open) THEN 0
               ELSE 1
           END,
           COALESCE(extract(epoch FROM l.last_used_at)::double precision, 0),
           l.last_used_at,
           c.hosted_id,
           c.popularity,
           c.needs_own_application,
           CASE WHEN c.transport = 'rest' AND c.auth_type = 'oauth' THEN COALESCE(c.oauth_config ->> 'issuer', c.oauth_config ->> 'token_url') END
    FROM (
        SELECT s.*,
               h.id AS hosted_id,
               s.auth_type = 'none' AND (s.owner_id IS NOT NULL OR s.transport <> 'mcp') AS is_open
        FROM connectors s
        LEFT JOIN connectors h ON s.owner_id IS NULL AND h.owner_id IS NULL AND h.beside = s.slug AND h.is_active
        WHERE (s.owner_id IS NULL OR s.owner_id = whose) AND s.beside IS NULL
    ) c
    FULL JOIN (
        SELECT COALESCE(s.id, u.connector_id) AS connector_id,
               bool_or(u.status = 'active') AS is_active,
               (array_agg(u.status ORDER BY u.status <> 'active', u.id))[1] AS best,
               max(u.last_used_at) AS last_used_at
        FROM user_connections u
        LEFT JOIN connectors h ON h.id = u.connector_id AND h.beside IS NOT NULL
        LEFT JOIN connectors s ON s.owner_id IS NULL AND s.slug = h.beside
        WHERE u.owner_id = whose
        GROUP BY 1
    ) l ON l.connector_id = c.id
$$;
COMMENT ON FUNCTION catalogue_of(uuid) IS 'Connectors of an owner''s catalogue, hidden ones too, with: the status of the best connection (link; active if no credential is needed), whether it can be used now, the group (place; 0: ready to use, 1: to be connected, 2: tools come later), the last use in seconds since 1970 (0: never), and the server that stands beside the service (hosted_id). Connections to that server count as those to the service. The issuer is the one at which a REST service has users sign in.';
