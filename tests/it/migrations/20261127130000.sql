-- no row of its own: it lets a job be without a tool, and adds an index
SELECT FROM job WHERE type = 'connection.checkup';
