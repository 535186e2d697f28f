-- Slack signs users in with the flow that grants both tokens. The hub's application there stays the same; applications are stored
-- under the token endpoint of a provider without an issuer.
UPDATE oauth_clients
SET issuer = 'https://slack.com/api/oauth.v2.access'
WHERE issuer = 'https://slack.com/api/oauth.v2.user.access';
