-- a service that only administrators see
INSERT INTO connectors (id, visibility, name, slug, category, auth_type, transport, base_url, docs_url, auth_style, account_fields, api_headers, check_call, created_at) VALUES
    ('00000000-0000-7000-8000-0000000000cb', 'administrators', 'Example', 'example', 'crm', 'api_key', 'rest', 'https://api.example', 'https://docs.example', '{"style":"bearer","field":"api_key"}', '[]', '{}', '{"url":"https://api.example/me","method":"GET"}', clock_timestamp());
