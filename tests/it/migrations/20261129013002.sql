-- no connector of a former release is a shipped MCP server
DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM connectors WHERE seen_source IS NOT NULL OR is_unconfirmed);
END $$;
