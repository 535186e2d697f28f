-- a listed server, and a pass that is under way
INSERT INTO registry_servers (id, registry, name, title, description, host, names, words, namespace, status, asks, entry, read_at) VALUES
    ('00000000-0000-7000-8000-0000000015a0', 'https://registry.example/', 'com.example/tides', 'Tides', 'High and low water',
     'mcp.example.com', E'tides\ncom.example/tides', E'tides\ncom.example/tides\nhigh and low water\nmcp.example.com', 'domain',
     'active', false, '{"server": {"name": "com.example/tides"}}', '2026-11-29');
INSERT INTO registry_reads (registry, next_at, pass_started_at, cursor, pages) VALUES
    ('https://registry.example/', '2026-11-29', '2026-11-29', 'com.example/tides:1.0.0', 1);
