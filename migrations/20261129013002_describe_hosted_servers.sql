-- Connectors of MCP servers can be shipped with the hub. The provider of their sign-in is discovered for each owner, as at a server
-- that the owner added.

ALTER TABLE connectors
    ADD COLUMN seen_source    text,
    ADD COLUMN seen_on        date,
    ADD COLUMN is_unconfirmed boolean NOT NULL DEFAULT false,
    ADD CHECK ((seen_source IS NULL) = (seen_on IS NULL));
COMMENT ON COLUMN connectors.seen_source IS 'Page from which the description of a shipped MCP server was taken; null: of other connectors.';
COMMENT ON COLUMN connectors.seen_on IS 'Day on which the page said so; null: of other connectors.';
COMMENT ON COLUMN connectors.is_unconfirmed IS 'True if nobody has connected the shipped server yet, so that its description may be wrong.';

ALTER TABLE connector_discoveries ADD COLUMN oauth_config json;
COMMENT ON COLUMN connector_discoveries.oauth_config IS 'Description of the provider that the owner''s latest sign-in at a shipped server discovered; null: none yet, or that of the connector.';

-- as before, but a shipped MCP server has to be connected first: only then the hub reads its tools for the owner
CREATE OR REPLACE FUNCTION catalogue_of(whose uuid) RETURNS TABLE (
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
    used double precision
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
               WHEN c.transport = 'rest' THEN 2
               WHEN COALESCE(l.is_active, c.is_open) THEN 0
               ELSE 1
           END,
           COALESCE(l.used, 0)
    FROM (
        SELECT *, auth_type = 'none' AND (owner_id IS NOT NULL OR transport <> 'mcp') AS is_open
        FROM connectors
        WHERE owner_id IS NULL OR owner_id = whose
    ) c
    FULL JOIN (
        SELECT u.connector_id,
               bool_or(u.status = 'active') AS is_active,
               (array_agg(u.status ORDER BY u.status <> 'active', u.id))[1] AS best,
               extract(epoch FROM max(u.last_used_at))::double precision AS used
        FROM user_connections u
        WHERE u.owner_id = whose
        GROUP BY u.connector_id
    ) l ON l.connector_id = c.id
$$;
