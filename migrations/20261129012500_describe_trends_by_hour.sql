-- A page shows trends of the same time as its figures: a day, a week or a month that begins at its reader's midnight. So causes are
-- counted by the hour, as figures are, and slow tools have a list for each length. A row of before is written again within the hour.
COMMENT ON TABLE job_trends IS 'Causes of failures and slow tools among the newest jobs of 30 days, one row for each owner.';
COMMENT ON COLUMN job_trends.causes IS 'The most frequent causes: connector, slug, cause, and hours, pairs of an hour since 1970 and its jobs.';
COMMENT ON COLUMN job_trends.tools IS 'The slowest tools: connector, slug, tool, title, jobs, p95_ms, and days, the length of the time of the figures.';
