-- no row of its own: it rewrites descriptions of providers
SELECT FROM connectors WHERE oauth_config IS NOT NULL;
