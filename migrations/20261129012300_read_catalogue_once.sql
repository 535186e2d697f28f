-- The connectors of an owner's catalogue with their places in it. One function for the page, its counts and its cursor; the
-- planner inlines it. The join is full so that it is always done by hash: around it stand filters of unknown effect, for which
-- the planner expects one row, and a nested loop would aggregate the connections anew for each connector. What it adds, rows of
-- connections without a visible connector, is not active.
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
           COALESCE(l.best, CASE WHEN c.auth_type = 'none' THEN 'active' END),
           COALESCE(l.is_active, c.auth_type = 'none'),
           CASE
               WHEN c.transport = 'rest' THEN 2
               WHEN COALESCE(l.is_active, c.auth_type = 'none') THEN 0
               ELSE 1
           END,
           COALESCE(l.used, 0)
    FROM (SELECT * FROM connectors WHERE owner_id IS NULL OR owner_id = whose) c
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
COMMENT ON FUNCTION catalogue_of(uuid) IS 'Connectors of an owner''s catalogue, hidden ones too, with: the status of the best connection (link; active if no credential is needed), whether it can be used now, the group (place; 0: ready to use, 1: to be connected, 2: tools come later), and the last use in seconds since 1970 (0: never).';

DROP FUNCTION catalogue_standing(uuid, connectors);
