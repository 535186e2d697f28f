-- The group of a connector in an owner's catalogue, and its last use there. The page, its counts and its cursor need the same rule.
CREATE FUNCTION catalogue_standing(whose uuid, connector connectors) RETURNS TABLE (place integer, used numeric)
LANGUAGE sql STABLE AS $$
    SELECT CASE
               WHEN connector.transport = 'rest' THEN 2
               WHEN count(*) FILTER (WHERE u.status = 'active') > 0
                   OR (connector.auth_type = 'none' AND count(*) = 0) THEN 0
               ELSE 1
           END,
           COALESCE(extract(epoch FROM max(u.last_used_at)), 0)
    FROM user_connections u
    WHERE u.owner_id = whose AND u.connector_id = connector.id
$$;
COMMENT ON FUNCTION catalogue_standing(uuid, connectors) IS 'Place of a connector in an owner''s catalogue (0: ready to use, 1: to be connected, 2: tools come later), and its last use in seconds since 1970 (0: never).';
