-- A shipped MCP server can stand beside the shipped REST service of the same provider: one entry of the catalogue, one page, two
-- ways to connect.

ALTER TABLE connectors
    ADD COLUMN beside text,
    ADD CHECK (beside IS NULL OR (owner_id IS NULL AND transport = 'mcp'));
COMMENT ON COLUMN connectors.beside IS 'Slug of the shipped REST service on whose page the shipped MCP server stands; null: the connector has a page of its own.';
CREATE UNIQUE INDEX connectors_beside_key ON connectors (beside) WHERE beside IS NOT NULL;

-- as before, but a service and the server beside it are one row
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
    hosted_id uuid
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
           COALESCE(l.used, 0),
           c.hosted_id
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
               extract(epoch FROM max(u.last_used_at))::double precision AS used
        FROM user_connections u
        LEFT JOIN connectors h ON h.id = u.connector_id AND h.beside IS NOT NULL
        LEFT JOIN connectors s ON s.owner_id IS NULL AND s.slug = h.beside
        WHERE u.owner_id = whose
        GROUP BY 1
    ) l ON l.connector_id = c.id
$$;
COMMENT ON FUNCTION catalogue_of(uuid) IS 'Connectors of an owner''s catalogue, hidden ones too, with: the status of the best connection (link; active if no credential is needed), whether it can be used now, the group (place; 0: ready to use, 1: to be connected, 2: tools come later), the last use in seconds since 1970 (0: never), and the server that stands beside the service (hosted_id). Connections to that server count as those to the service.';
