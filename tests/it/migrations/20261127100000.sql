-- the shipped service becomes one that only administrators see
UPDATE connectors
SET visibility = 'administrators', base_url = 'https://api.example', docs_url = 'https://docs.example',
    auth_style = '{"style":"bearer","field":"api_key"}', account_fields = '[]', api_headers = '{}',
    check_call = '{"url":"https://api.example/me","method":"GET"}'
WHERE owner_id IS NULL;
