-- as before, but a service with tools stands among those that can be connected. Only administrators see one without tools.
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
               WHEN c.visibility = 'administrators' THEN 2
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
