-- Assistants call every tool of an owner by one name. It begins with a prefix of the connection, which never changes.

ALTER TABLE connectors
    ADD COLUMN tool_prefix text NOT NULL GENERATED ALWAYS AS (rtrim(left(slug, 40), '-')) STORED;
COMMENT ON COLUMN connectors.tool_prefix IS 'Prefix that the first connection to the connector gets, if no older connector of the same owner has it: the slug, cut to 40 characters.';
CREATE INDEX connectors_tool_prefix ON connectors (tool_prefix);

ALTER TABLE user_connections ADD COLUMN tool_prefix text;
COMMENT ON COLUMN user_connections.tool_prefix IS 'Prefix of the names that assistants call the tools of the connection by. Chosen when the connection is made, and never changed. Unique among those of an owner that are not disconnected.';

CREATE FUNCTION choose_tool_prefix(whose uuid, connector uuid, label text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    base text := (SELECT k.tool_prefix FROM connectors k WHERE k.id = connector);
    candidate text;
    n integer := 1;
BEGIN
    -- two slugs can be the same in their first 40 characters, or an owner's own slug as a shipped one
    IF EXISTS (
        SELECT FROM connectors k
        WHERE k.tool_prefix = base AND k.id < connector AND (k.owner_id IS NULL OR k.owner_id = whose)
    ) THEN
        base := rtrim(left(base, 31), '-') || '-' || left(md5(connector::text), 8);
    END IF;
    candidate := base;
    LOOP
        EXIT WHEN NOT EXISTS (
                SELECT FROM user_connections c
                WHERE c.owner_id = whose AND c.tool_prefix = candidate AND c.status <> 'revoked'
            )
            -- the label "Drive" at google does not take the name of google-drive
            AND (candidate = base OR NOT EXISTS (
                SELECT FROM connectors k
                WHERE k.tool_prefix = candidate AND k.id <> connector AND (k.owner_id IS NULL OR k.owner_id = whose)
            ));
        candidate := CASE n
            WHEN 1 THEN rtrim(left(left(base, 24) || '-' || btrim(regexp_replace(lower(label), '[^a-z0-9]+', '-', 'g'), '-'), 40), '-')
            ELSE rtrim(left(base, 39 - length(n::text)), '-') || '-' || n
        END;
        candidate := regexp_replace(candidate, '-+', '-', 'g');
        n := n + 1;
    END LOOP;
    RETURN candidate;
END $$;
COMMENT ON FUNCTION choose_tool_prefix(uuid, uuid, text) IS 'Prefix that a new connection of an owner (whose) to a connector gets: that of the connector, else with the label of the connection, else with a number.';

CREATE FUNCTION set_tool_prefix() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- this runs before ON CONFLICT: the label of a connection that stays is no new connection
    NEW.tool_prefix := (
        SELECT c.tool_prefix
        FROM user_connections c
        WHERE c.owner_id = NEW.owner_id AND c.connector_id = NEW.connector_id AND c.label = NEW.label AND c.status <> 'revoked'
    );
    IF NEW.tool_prefix IS NULL THEN
        -- of two at the same time, the second chooses when the first is there
        PERFORM pg_advisory_xact_lock(hashtextextended('tool_prefix ' || NEW.owner_id, 0));
        NEW.tool_prefix := choose_tool_prefix(NEW.owner_id, NEW.connector_id, NEW.label);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION set_tool_prefix() IS 'Trigger that chooses the prefix of a new connection.';

-- connections that are there: working ones first, and the oldest
DO $$
DECLARE
    connection record;
BEGIN
    FOR connection IN SELECT owner_id, id, connector_id, label FROM user_connections ORDER BY status = 'revoked', id LOOP
        UPDATE user_connections
        SET tool_prefix = choose_tool_prefix(connection.owner_id, connection.connector_id, connection.label)
        WHERE owner_id = connection.owner_id AND id = connection.id;
    END LOOP;
END $$;
ALTER TABLE user_connections
    ALTER COLUMN tool_prefix SET NOT NULL,
    ADD CHECK (tool_prefix ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(tool_prefix) <= 40);
CREATE UNIQUE INDEX user_connections_tool_prefix ON user_connections (owner_id, tool_prefix) WHERE status <> 'revoked';
CREATE TRIGGER set_tool_prefix BEFORE INSERT ON user_connections FOR EACH ROW EXECUTE FUNCTION set_tool_prefix();
