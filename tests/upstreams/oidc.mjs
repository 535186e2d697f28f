// A certified authorization server: node oidc.mjs PORT [keys].
//
// Codes require PKCE (S256 only), refresh tokens rotate, and reuse of one ends the grant. Any name can sign in and consent
// on plain pages. Secrets contain characters that need encoding. With `keys`, further clients sign assertions; /test/keys
// returns their private keys, which are new at each start.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, ...wanted] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const secret = 'it&s: 100% a/secret+thing =';

const client = (client_id, token_endpoint_auth_method, more) => ({
  client_id,
  token_endpoint_auth_method,
  redirect_uris: ['https://hub.example/oauth/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...more,
});

const kinds = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519'] };
const pairs = wanted.includes('keys')
  ? Object.entries(kinds).map(([algorithm, kind]) => ({ id: `hub-${algorithm}`, ...generateKeyPairSync(...kind) }))
  : [];

const provider = new Provider(issuer, {
  clients: [
    client('hub:basic one', 'client_secret_basic', { client_secret: secret }),
    client('hub-post', 'client_secret_post', { client_secret: secret }),
    client('hub-public', 'none'),
    ...pairs.map(({ id, publicKey }) =>
      client(id, 'private_key_jwt', { jwks: { keys: [publicKey.export({ format: 'jwk' })] } })),
  ],
  scopes: ['read', 'write'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  ttl: { AccessToken: 60, AuthorizationCode: 30, RefreshToken: 120, Interaction: 60, Session: 60, Grant: 120 },
  features: {
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'read write', accessTokenFormat: 'opaque', accessTokenTTL: 60 }),
      useGrantedResource: () => true,
    },
  },
  cookies: { keys: ['only for tests'] },
});

provider.use(async (ctx, next) => {
  if (ctx.path !== '/test/keys') return next();
  const pem = ({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' });
  ctx.body = Object.fromEntries(pairs.map((pair) => [pair.id, pem(pair)]));
});

provider.listen(Number(port), '127.0.0.1', () => console.error('listening'));
