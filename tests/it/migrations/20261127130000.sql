-- no row of its own: it lets a job be without a tool, and adds an index
SELECT FROM job WHERE type = 'connection.checkup';
-- the description of a provider, as the hub wrote one when a server named it
UPDATE connectors
SET oauth_config = '{"authorize_url":"https://as.example/a","token_url":"https://as.example/t","scopes":["read"],"pkce":"S256","client_auth":"none","refresh":{"url":null,"method":"POST","grant":"refresh_token","subject":"refresh","public":false,"params":{},"rotates":false},"issuer":"https://as.example"}'
WHERE id = '00000000-0000-7000-8000-0000000000ca';
