-- no connector of a former release stands beside another
DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM connectors WHERE beside IS NOT NULL);
END $$;
