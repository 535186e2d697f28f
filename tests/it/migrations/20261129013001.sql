-- tools that were known before wait for nobody
DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM connector_tools WHERE pending_version_id IS NOT NULL);
END $$;
