-- an organisation that alice founded
INSERT INTO owners (id, kind, created_at) VALUES ('00000000-0000-7000-8000-0000000000d1', 'organisation', '2026-11-28');
INSERT INTO organisations (id, slug, name, created_by, created_at) VALUES
    ('00000000-0000-7000-8000-0000000000d1', 'acme', 'Acme', '00000000-0000-7000-8000-00000000000a', '2026-11-28');
INSERT INTO memberships (user_id, organisation_id, role, since) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000d1', 'owner', '2026-11-28');
