-- the secret arguments of a job that waits
INSERT INTO job_secret (owner_id, job_id, sealed) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000b1', '\x01');
