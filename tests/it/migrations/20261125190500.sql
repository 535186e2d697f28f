-- the migration itself counts the results that are there
SELECT 1;
