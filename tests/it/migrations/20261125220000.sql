-- no row here: the migration adds columns to tables that have rows by now
SELECT 1;
