INSERT INTO job_trends (owner_id, made_at, causes, tools) VALUES
    ('00000000-0000-7000-8000-00000000000a', '2026-11-29', '[]', '[]');
