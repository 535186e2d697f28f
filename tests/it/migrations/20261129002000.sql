UPDATE connectors SET protocol_era = 'initialize' WHERE owner_id IS NOT NULL AND transport = 'mcp';
