-- indexes only: the rows of the tables they are on are there already
SELECT 1;
