-- Owners: rows belong to an owner, which is a person or an organisation. The owner id of a person is their user id, so no
-- row and no seal changes. A transaction names two ids: who acts (app.user_id), and whose rows it works on (app.owner_id).

CREATE TABLE owners (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('person', 'organisation')),
    created_at timestamptz NOT NULL,
    closing_at timestamptz
);
COMMENT ON TABLE owners IS 'Owners of rows: persons and organisations. The hub itself, which owns rows under the nil id, is not among them.';
COMMENT ON COLUMN owners.id IS 'Id of the user or of the organisation.';
COMMENT ON COLUMN owners.kind IS 'person or organisation.';
COMMENT ON COLUMN owners.created_at IS 'Time of creation.';
COMMENT ON COLUMN owners.closing_at IS 'Time at which the rows of the owner are erased; null: not closing.';

INSERT INTO owners (id, kind, created_at) SELECT id, 'person', created_at FROM users;

CREATE TABLE organisations (
    id         uuid PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE,
    slug       text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{1,38})[a-z0-9]$'),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX organisations_slug_key ON organisations (slug);
CREATE INDEX organisations_by_founder ON organisations (created_by);
COMMENT ON TABLE organisations IS 'Organisations: owners that several persons act for.';
COMMENT ON COLUMN organisations.id IS 'Id of the owner.';
COMMENT ON COLUMN organisations.slug IS 'Segment in URLs below /orgs, unique in the hub.';
COMMENT ON COLUMN organisations.name IS 'Display name.';
COMMENT ON COLUMN organisations.created_by IS 'User who founded it; null: the account was deleted.';
COMMENT ON COLUMN organisations.created_at IS 'Time of creation.';

CREATE TABLE memberships (
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    role            text NOT NULL CHECK (role IN ('owner', 'admin', 'builder', 'operator', 'auditor')),
    since           timestamptz NOT NULL,
    ended_at        timestamptz,
    ended_by        uuid REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (user_id, organisation_id)
);
CREATE INDEX memberships_by_organisation ON memberships (organisation_id, user_id);
CREATE INDEX memberships_by_remover ON memberships (ended_by);
COMMENT ON TABLE memberships IS 'Memberships of persons in organisations. A membership that has ended stays as a record.';
COMMENT ON COLUMN memberships.user_id IS 'Member.';
COMMENT ON COLUMN memberships.organisation_id IS 'Organisation.';
COMMENT ON COLUMN memberships.role IS 'owner, admin, builder, operator or auditor.';
COMMENT ON COLUMN memberships.since IS 'Start of the membership.';
COMMENT ON COLUMN memberships.ended_at IS 'End of the membership; null: the person is a member.';
COMMENT ON COLUMN memberships.ended_by IS 'User who ended it; null: nobody, or the account was deleted.';

-- owned tables name their owner
DO $$
DECLARE
    name text;
    old  record;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_bodies', 'audit_entries', 'connection_leases', 'data_keys', 'idem_key', 'job',
        'job_cancel', 'job_hours', 'job_later', 'job_lease', 'job_ready', 'job_result', 'lane', 'oauth_clients',
        'oauth_transactions', 'pipeline_events', 'secrets', 'user_connections'] LOOP
        EXECUTE format('ALTER TABLE %I RENAME COLUMN user_id TO owner_id', name);
        FOR old IN
            SELECT conname FROM pg_constraint
            WHERE conrelid = name::regclass AND conname LIKE '%user_id%' AND conparentid = 0
        LOOP
            EXECUTE format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', name, old.conname,
                replace(old.conname, 'user_id', 'owner_id'));
        END LOOP;
    END LOOP;
    FOREACH name IN ARRAY ARRAY['connectors', 'connector_tools', 'connector_tool_versions', 'user_connections',
        'idem_key', 'job_hours', 'oauth_transactions'] LOOP
        FOR old IN
            SELECT conname FROM pg_constraint
            WHERE conrelid = name::regclass AND confrelid = 'users'::regclass
        LOOP
            EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, old.conname);
        END LOOP;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (owner_id) REFERENCES owners (id) ON DELETE CASCADE',
            name, name || '_owner_id_fkey');
    END LOOP;
END $$;
ALTER INDEX job_ready_by_user RENAME TO job_ready_by_owner;
ALTER INDEX job_later_by_user RENAME TO job_later_by_owner;

-- a person acts
ALTER TABLE job ADD COLUMN started_by uuid;
-- without the user nobody can complete the request; it stays until the sweep deletes it with its verifier
ALTER TABLE oauth_transactions ADD COLUMN started_by uuid REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX oauth_transactions_by_user ON oauth_transactions (started_by);
ALTER TABLE audit_entries ADD COLUMN actor_id uuid, ADD COLUMN via uuid;
COMMENT ON COLUMN job.started_by IS 'User who started the job; null: its owner, who is a person.';
COMMENT ON COLUMN oauth_transactions.started_by IS 'User who signs in; null: a request from before this column, or the account was deleted.';
COMMENT ON COLUMN audit_entries.actor_id IS 'User who acted, or for whom the system acted; null: the owner of the log, or nobody who is known.';
COMMENT ON COLUMN audit_entries.via IS 'Id of the token, workflow or trigger through which the user acted; null: none.';

COMMENT ON COLUMN data_keys.owner_id IS 'Owner whose secrets this key encrypts; nil: the hub.';
COMMENT ON TABLE data_keys IS 'Data keys, one for each owner. Deleting the row makes the owner''s secrets unreadable.';
COMMENT ON COLUMN connectors.owner_id IS 'Owner who added the connector; null: shipped with the hub.';
COMMENT ON COLUMN lane.owner_id IS 'Owner of the lane.';
COMMENT ON COLUMN job_lease.owner_id IS 'Owner of the job, for the cap per owner.';
COMMENT ON COLUMN job_cancel.owner_id IS 'Owner of the job.';
COMMENT ON COLUMN idem_key.owner_id IS 'Owner of the key.';
COMMENT ON COLUMN audit_entries.owner_id IS 'Owner of the log; all zeros: the hub (such as a sign-in with an unknown address).';
COMMENT ON COLUMN audit_bodies.owner_id IS 'Owner of the log.';
COMMENT ON COLUMN oauth_clients.owner_id IS 'Owner whose sign-ins the client serves; nil: all owners.';
COMMENT ON COLUMN oauth_transactions.owner_id IS 'Owner that the connection will belong to.';

-- one function for each kind of table
DROP FUNCTION own_by(regclass, text);
CREATE FUNCTION protect(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
END $$;
COMMENT ON FUNCTION protect(regclass) IS 'Enables row-level security, for the owner of the table too. Without a policy nobody sees a row.';

CREATE FUNCTION own_by(tbl regclass, owner_column text DEFAULT 'owner_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM protect(tbl);
    EXECUTE format(
        'CREATE POLICY own ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR %I = (SELECT NULLIF(current_setting(''app.owner_id'', true), '''')::uuid), false))',
        tbl, owner_column);
END $$;
COMMENT ON FUNCTION own_by(regclass, text) IS 'Shows rows to transactions of their owner, and to the system.';

CREATE FUNCTION keep_personal(tbl regclass, user_column text DEFAULT 'user_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM protect(tbl);
    EXECUTE format(
        'CREATE POLICY personal ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR %I = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')::uuid), false))',
        tbl, user_column);
END $$;
COMMENT ON FUNCTION keep_personal(regclass, text) IS 'Shows rows to the person whom they are about, whatever owner the transaction is for, and to the system.';

CREATE OR REPLACE FUNCTION share_or_own(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    verb text;
BEGIN
    PERFORM protect(tbl);
    EXECUTE format(
        'CREATE POLICY own ON %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id IS NULL OR owner_id = (SELECT NULLIF(current_setting(''app.owner_id'', true), '''')::uuid), false)) '
        'WITH CHECK (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id = (SELECT NULLIF(current_setting(''app.owner_id'', true), '''')::uuid), false))',
        tbl);
    -- readable is not changeable: the policy above lets a shipped row be found, and a DELETE has no WITH CHECK
    FOREACH verb IN ARRAY ARRAY['UPDATE', 'DELETE'] LOOP
        EXECUTE format(
            'CREATE POLICY %I ON %s AS RESTRICTIVE FOR %s USING (COALESCE((SELECT current_setting(''app.system'', true) = ''on'') OR owner_id = (SELECT NULLIF(current_setting(''app.owner_id'', true), '''')::uuid), false))',
            'own_' || lower(verb), tbl, verb);
    END LOOP;
END $$;

DO $$
DECLARE
    old  record;
    name text;
BEGIN
    FOR old IN
        SELECT tablename, policyname FROM pg_policies
        WHERE schemaname = current_schema() AND (policyname = 'own' OR policyname LIKE 'own\_%')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', old.policyname, old.tablename);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['audit_bodies', 'audit_entries', 'connection_leases', 'data_keys', 'idem_key', 'job',
        'job_hours', 'job_result', 'oauth_clients', 'oauth_transactions', 'pipeline_events', 'secrets',
        'user_connections'] LOOP
        PERFORM own_by(name::regclass);
    END LOOP;
    FOR old IN
        SELECT c.oid::regclass AS partition
        FROM pg_class c
        WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    LOOP
        PERFORM own_by(old.partition);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['connectors', 'connector_tools', 'connector_tool_versions'] LOOP
        PERFORM share_or_own(name::regclass);
    END LOOP;
END $$;
SELECT keep_personal('users', 'id');
SELECT keep_personal('user_sessions');
SELECT own_by('owners', 'id');
SELECT own_by('organisations', 'id');

-- a membership concerns two: the person reads it from their own space, and the members read all of theirs
SELECT protect('memberships');
CREATE POLICY own ON memberships
    USING (COALESCE((SELECT current_setting('app.system', true) = 'on') OR user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')::uuid) OR organisation_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false))
    WITH CHECK (COALESCE((SELECT current_setting('app.system', true) = 'on') OR organisation_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false));

CREATE FUNCTION enter(who uuid, whose uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.user_id', who::text, true);
    IF who = whose OR EXISTS (
        SELECT FROM memberships WHERE user_id = who AND organisation_id = whose AND ended_at IS NULL
    ) THEN
        PERFORM set_config('app.owner_id', whose::text, true);
    END IF;
END $$;
COMMENT ON FUNCTION enter(uuid, uuid) IS 'Opens the rows of an owner to this transaction, if the user is that owner or a member of it. Otherwise no row is visible and none can be written.';

-- a user is an owner: the row comes and goes with the user, and everything owned goes with it
CREATE FUNCTION own_as_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO owners (id, kind, created_at) VALUES (NEW.id, 'person', NEW.created_at);
    ELSE
        DELETE FROM owners WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION own_as_person() IS 'Trigger of users: creates and deletes the owner with the id of the user.';
CREATE TRIGGER own_as_person AFTER INSERT OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION own_as_person();

DROP TRIGGER forget_secrets ON users;
CREATE OR REPLACE FUNCTION forget_secrets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM oauth_clients WHERE owner_id = OLD.id;
    DELETE FROM secrets WHERE owner_id = OLD.id;
    DELETE FROM data_keys WHERE owner_id = OLD.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION forget_secrets() IS 'Trigger of owners: deletes their secrets and the key to them. The hub''s secrets have an owner that is not in the table.';
CREATE TRIGGER forget_secrets AFTER DELETE ON owners FOR EACH ROW EXECUTE FUNCTION forget_secrets();

CREATE OR REPLACE FUNCTION ensure_partitions(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child  text;
    month  timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOREACH month IN ARRAY ARRAY[date_trunc('month', at, 'UTC'), date_trunc('month', at, 'UTC') + interval '1 month'] LOOP
        FOREACH parent IN ARRAY ARRAY['job', 'job_result', 'pipeline_events', 'audit_entries', 'audit_bodies'] LOOP
            child := parent || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                    uuid_floor(month), uuid_floor(date_trunc('month', month + interval '32 days', 'UTC')));
                -- a partition that is read directly bypasses its parent's policy
                PERFORM own_by(child::regclass);
            END IF;
        END LOOP;
    END LOOP;
END $$;

-- the views keep user_id, the user who acted, and add the owner
DROP VIEW pipeline_jobs;
CREATE VIEW pipeline_jobs WITH (security_invoker = true) AS
SELECT j.id,
       j.owner_id,
       COALESCE(j.started_by, j.owner_id) AS user_id,
       j.connector_id,
       j.type,
       CASE WHEN r.outcome = 'ok' THEN 'succeeded'
            WHEN r.outcome IN ('canceled', 'unknown') THEN r.outcome
            WHEN r.outcome IS NOT NULL THEN 'failed'
            WHEN l.job_id IS NOT NULL THEN 'running'
            WHEN t.reason = 'reauth' THEN 'waiting_input'
            ELSE 'queued' END AS status,
       j.input,
       r.output,
       r.error,
       COALESCE(r.started_at, l.started_at) AS started_at,
       r.finished_at,
       j.created_at,
       j.connection_id,
       j.tool_version_id,
       j.tool_name,
       j.origin,
       COALESCE(l.attempt, t.attempt, 0) AS attempt,
       COALESCE(r.run_no, l.run_no, t.run_no, 0) AS run_no,
       r.error_class,
       t.reason AS later_reason,
       t.run_at AS later_at
FROM job j
LEFT JOIN job_result r ON r.owner_id = j.owner_id AND r.job_id = j.id
LEFT JOIN job_lease l ON l.job_id = j.id
LEFT JOIN job_later t ON t.job_id = j.id;
COMMENT ON VIEW pipeline_jobs IS 'Jobs with their status, which follows from the place of their rows.';

DROP VIEW action_logs;
CREATE VIEW action_logs WITH (security_invoker = true) AS
SELECT e.id,
       e.owner_id,
       COALESCE(e.actor_id, e.owner_id) AS user_id,
       e.connector_id,
       e.tool_name,
       b.request,
       b.response,
       e.outcome AS status,
       b.error,
       e.latency_ms,
       e.created_at,
       e.action,
       e.actor,
       e.origin,
       e.via,
       e.target_kind,
       e.target_id,
       e.job_id,
       e.error_class,
       b.ip,
       b.agent
FROM audit_entries e
LEFT JOIN audit_bodies b ON b.owner_id = e.owner_id AND b.entry_id = e.id;
COMMENT ON VIEW action_logs IS 'Audit entries with what is still kept of their bodies.';
