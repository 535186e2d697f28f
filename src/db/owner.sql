-- Makes craft_owner, a role that row-level security binds, and gives it everything in the schema that a login above the
-- policies made there before. Runs as that login, at each start: every step is idempotent.
DO $$
DECLARE
    thing text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('craft_owner'));
    BEGIN
        CREATE ROLE craft_owner NOLOGIN;
    EXCEPTION
        -- roles belong to the whole server: another database's start may have made it just now
        WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    IF NOT pg_has_role('craft_owner', 'MEMBER') THEN
        EXECUTE format('GRANT craft_owner TO %I', current_user);
    END IF;
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO craft_owner', current_database());
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO craft_owner', current_schema());
    IF to_regclass('_sqlx_migrations') IS NULL THEN
        RETURN;
    END IF;
    FOR thing IN
        SELECT format('TABLE %s', oid::regclass)
        FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace
          AND relkind IN ('r', 'p', 'v')
          AND relowner <> 'craft_owner'::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype = 'e')
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
          AND proowner <> 'craft_owner'::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER %s OWNER TO craft_owner', thing);
    END LOOP;
END $$;
