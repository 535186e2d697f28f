-- Jobs number seed.first to seed.last of seed.of, evenly over the two months: three of ten are the owner's.

CREATE TEMPORARY TABLE past AS
SELECT pg_temp.id_at(at, 'f00', n) AS id,
       at,
       at + make_interval(secs => (40 + n * 31 % 2000) / 1000.0) AS finished_at,
       (40 + n * 31 % 2000)::integer AS latency_ms,
       CASE WHEN dice < 20 THEN 'permanent'
            WHEN dice < 25 THEN 'dead'
            WHEN dice < 35 THEN 'canceled'
            WHEN dice < 37 THEN 'unknown'
            ELSE 'ok' END AS outcome,
       CASE WHEN n % 10 < 3 THEN 0 ELSE 1 + n / 10 % 99 END AS who,
       CASE WHEN n % 10 < 3 THEN n / 10 % 20 ELSE 0 END AS k,
       n
FROM (
    SELECT n,
           n * 7919 % 1000 AS dice,
           pg_temp.start() + interval '60 days' * (n::float8 / current_setting('seed.of')::float8) AS at
    FROM generate_series(current_setting('seed.first')::bigint, current_setting('seed.last')::bigint) AS n
) AS numbers;

CREATE TEMPORARY TABLE whole AS
SELECT p.*, s.owner_id, s.connection_id, s.connector_id, s.tool_version_id,
       CASE WHEN p.outcome = 'ok' THEN NULL ELSE 'The service answered with an error (HTTP 500)' END AS error
FROM past p
JOIN seat s ON s.who = p.who AND s.k = p.k;

INSERT INTO job (owner_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at)
SELECT owner_id, id, connector_id, connection_id, tool_version_id, 'search', 'browser', '{"text":"number ' || n || '"}', at
FROM whole
ORDER BY n;

INSERT INTO job_result (owner_id, job_id, run_no, outcome, error_class, error, output, started_at, finished_at)
SELECT owner_id, id, 1, outcome, CASE WHEN error IS NOT NULL THEN 'upstream' END, error,
       CASE WHEN error IS NULL THEN '{"content":[{"type":"text","text":"found it"}]}' END, at, finished_at
FROM whole
ORDER BY n;

INSERT INTO pipeline_events (owner_id, job_id, run_no, n, id, level, message, ts)
SELECT owner_id, w.id, e.run_no, 0, pg_temp.id_at(w.at, e.kind, w.n), 'info', e.message, w.at
FROM whole w, (VALUES (0, '100', 'Accepted'), (1, '200', 'Done')) AS e (run_no, kind, message)
ORDER BY w.n;

INSERT INTO audit_entries (owner_id, id, action, actor, origin, target_kind, target_id, connector_id, tool_name, job_id,
    outcome, error_class, latency_ms, request_digest, response_digest, created_at)
SELECT owner_id, pg_temp.id_at(finished_at, '300', n), 'job.finished', 'user', 'browser', 'job', id::text, connector_id,
       'search', id, CASE WHEN error IS NULL THEN 'succeeded' ELSE 'failed' END, CASE WHEN error IS NOT NULL THEN 'upstream' END,
       latency_ms, sha256(n::text::bytea), sha256(n::text::bytea), finished_at
FROM whole
ORDER BY n;

INSERT INTO audit_bodies (owner_id, entry_id, request, response, error, ip, agent, salt)
SELECT owner_id, pg_temp.id_at(finished_at, '300', n), '{"text":"number ' || n || '"}',
       CASE WHEN error IS NULL THEN '{"content":[{"type":"text","text":"found it"}]}' END, error, '127.0.0.1',
       'Browser of the past', '\x00112233445566778899aabbccddeeff'
FROM whole
ORDER BY n;

INSERT INTO job_hours AS h (owner_id, hour, succeeded, failed, canceled, unknown, latency_ms)
SELECT owner_id,
       date_trunc('hour', finished_at, 'UTC'),
       count(*) FILTER (WHERE outcome = 'ok'),
       count(*) FILTER (WHERE outcome IN ('permanent', 'dead')),
       count(*) FILTER (WHERE outcome = 'canceled'),
       count(*) FILTER (WHERE outcome = 'unknown'),
       COALESCE(sum(latency_ms) FILTER (WHERE outcome = 'ok'), 0)
FROM whole
GROUP BY 1, 2
ON CONFLICT (owner_id, hour) DO UPDATE
SET succeeded = h.succeeded + excluded.succeeded,
    failed = h.failed + excluded.failed,
    canceled = h.canceled + excluded.canceled,
    unknown = h.unknown + excluded.unknown,
    latency_ms = h.latency_ms + excluded.latency_ms;

DROP TABLE past, whole;
