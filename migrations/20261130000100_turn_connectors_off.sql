-- Administrators decide which of the shipped connectors their people can use.
ALTER TABLE connectors
    ADD COLUMN turned_off_at timestamptz,
    ADD CHECK (turned_off_at IS NULL OR owner_id IS NULL);
COMMENT ON COLUMN connectors.turned_off_at IS 'Time at which an administrator turned the shipped connector off for everybody; null if it is on. While it is off, is_active is false.';
