-- A job may read a resource that the result of a tool links to. It runs no tool.

COMMENT ON COLUMN job.type IS 'Kind of work: tool.call runs a tool, connection.checkup checks its connection, resource.read reads a resource of its MCP server.';
