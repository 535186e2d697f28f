-- what alice knows about her own server is kept
DO $$
BEGIN
    ASSERT (SELECT protocol_era FROM connector_discoveries WHERE owner_id = '00000000-0000-7000-8000-00000000000a') = 'initialize';
END $$;
SELECT started_at, error, tools_changed_at, change_announced_at FROM connector_discoveries;
