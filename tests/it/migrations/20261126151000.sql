-- an index only: the rows of its table are there already
SELECT 1;
