// npm oidc-provider as a process of its own, with what a test needs to make it lie: PORT.
// `PUT /control` configures it ({ redirect_uris, client_secret }); `POST /control` sets the next lies ({ tamper, claims }).

import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';

import { decodeJwt, exportJWK, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import Provider from 'oidc-provider';

const issuer = `http://localhost:${process.argv[2]}`;

async function key(kid) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' };
}

const own = await key('own');
const foreign = await key('own');
let lies = {};
let secret;
let serve;

const sign = async (claims, jwk) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'own' }).sign(await importJWK(jwk, 'ES256'));

/** What becomes of an honest ID token. */
const TAMPERED = {
  nonce: (claims) => sign({ ...claims, nonce: 'another' }, own),
  'no nonce': ({ nonce: _, ...claims }) => sign(claims, own),
  audience: (claims) => sign({ ...claims, aud: 'somebody-else' }, own),
  'more audiences': (claims) => sign({ ...claims, aud: ['lares', 'evil'] }, own),
  issuer: (claims) => sign({ ...claims, iss: 'http://localhost:1' }, own),
  expired: (claims) => sign({ ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 }, own),
  'access token': (claims) => sign({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }, own),
  none: (claims) => new UnsecuredJWT(claims).encode(),
  'foreign key': (claims) => sign(claims, foreign),
  'shared secret': (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret)),
  'public key as secret': async (claims) => {
    const { d: _, ...open } = own;
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'own' }).sign(Buffer.from(JSON.stringify(open)));
  },
  payload: async (claims, token) => {
    const [header, , signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url');
    return `${header}.${forged}.${signature}`;
  },
};

async function tamper(ctx) {
  const lie = lies.tamper;
  if (ctx.path === '/token' && ctx.body?.id_token) {
    if (TAMPERED[lie]) {
      const claims = decodeJwt(ctx.body.id_token);
      ctx.body = { ...ctx.body, id_token: await TAMPERED[lie](claims, ctx.body.id_token) };
    } else if (lie === 'no ID token') {
      const { id_token: _, ...rest } = ctx.body;
      ctx.body = rest;
    } else if (lie === 'token redirect') {
      ctx.redirect('http://localhost:1/token');
    } else if (lie === 'token error') {
      ctx.status = 500;
      ctx.body = 'no';
    } else if (lie === 'large') {
      ctx.body = { ...ctx.body, padding: 'x'.repeat(2 * 1024 * 1024) };
    }
  }
  if (ctx.path === '/me' && lie === 'userinfo subject') {
    ctx.body = { ...ctx.body, sub: 'somebody-else' };
  }
  if (ctx.path === '/.well-known/openid-configuration' && lie === 'description') {
    ctx.body = { ...ctx.body, issuer: 'http://localhost:1' };
  }
}

function configured({ redirect_uris, client_secret }) {
  secret = client_secret;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'lares', client_secret, redirect_uris, id_token_signed_response_alg: 'ES256' }],
    jwks: { keys: [own] },
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    async findAccount(_, id) {
      const claims = lies.claims ?? { email: `${id}@elsewhere.example`, email_verified: true, name: `${id} elsewhere` };
      return { accountId: id, claims: () => ({ sub: id, ...claims }) };
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    await tamper(ctx);
  });
  return provider.callback();
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return JSON.parse(text);
}

// It ends with whoever started it, however that ends.
process.stdin.resume().on('end', () => process.exit());

http
  .createServer(async (request, response) => {
    if (request.url === '/control') {
      const told = await body(request);
      if (request.method === 'PUT') serve = configured(told);
      else lies = told;
      response.end('{}');
    } else if (serve) {
      serve(request, response);
    } else {
      response.writeHead(503).end();
    }
  })
  .listen(Number(process.argv[2]), 'localhost', () => console.log(`listening on ${issuer}`));
