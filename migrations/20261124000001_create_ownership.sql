-- Ownership: the one policy form, and the function that puts a table under it.
--
-- Every owned table carries user_id and exactly this policy. COALESCE gives the planner a neutral estimate, so the
-- ordered index scan of `WHERE user_id = $1` survives; the sub-selects run once a statement. Two permissive policies
-- (own row, system) say the same thing and are twenty times slower.
--   app.user_id  the signed-in user, set locally in the transaction that `Db::as_user` opens
--   app.system   'on' for the system pool and for migrations

CREATE FUNCTION own_by(tbl regclass, owner_column text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format(
        'CREATE POLICY own ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR %I = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')::uuid), false))',
        tbl, owner_column);
END $$;
COMMENT ON FUNCTION own_by(regclass, text) IS 'Puts a table under the own-row-or-system policy; owner_column is user_id everywhere but on users itself (id).';

CREATE FUNCTION share_or_own(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    verb text;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format(
        'CREATE POLICY own ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id IS NULL OR owner_id = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')::uuid), false)) '
        'WITH CHECK (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')::uuid), false))',
        tbl);
    -- readable is not changeable: the policy above lets a shipped row be found, and a DELETE has no WITH CHECK
    FOREACH verb IN ARRAY ARRAY['UPDATE', 'DELETE'] LOOP
        EXECUTE format(
            'CREATE POLICY %I ON %s AS RESTRICTIVE FOR %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')::uuid), false))',
            'own_' || lower(verb), tbl, verb);
    END LOOP;
END $$;
COMMENT ON FUNCTION share_or_own(regclass) IS 'Shipped rows (owner_id null) are readable by all and writable by the system; others are their owner''s.';

CREATE FUNCTION keep_for_system(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY system ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on''), false))', tbl);
END $$;
COMMENT ON FUNCTION keep_for_system(regclass) IS 'Rows that are looked up before a user is known: only the system pool sees them.';
