import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WantedToken } from '../../support/oidc-server.ts';
import {
  ada,
  apps,
  bearer,
  clientId,
  legacyCall,
  modernCall,
  oids,
  openSignInLab,
  otherTenant,
  type SignInLab,
  tenant,
  uri,
} from './support.ts';

// Who may do what, for every kind of token and both families of the protocol.

let lab: SignInLab;

beforeAll(async () => {
  lab = await openSignInLab();
});
afterAll(() => lab.close());

type Headers = Readonly<Record<string, string | readonly string[]>>;
type Make = () => Promise<Headers> | Headers;

const forged = (wanted: WantedToken) => async () => bearer(await lab.oidc.forge(wanted));
const claims = (given: NonNullable<WantedToken['claims']>) => forged({ claims: { oid: oids[ada], ...given } });
const scopes = (scp: unknown) => claims({ scp });
const seconds = (delta: number) => Math.floor(Date.now() / 1_000) + delta;
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreignCurve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const own = () => lab.oidc.forge({ claims: { oid: oids[ada] } });

/** A token whose parts are as given, without a signature that anybody has made. */
const unsigned = async (header: object, change: object = {}, signature = '') => {
  const [, payload = ''] = (await own()).split('.');
  const given = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...change };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return bearer(`${encode(header)}.${encode(given)}.${signature}`);
};

/** The public key of the tenant, which anybody can read. */
const published = async () => {
  const { keys } = (await (await fetch(`${lab.oidc.issuer()}/jwks`)).json()) as { keys: JWK[] };
  return { jwk: keys[0] ?? {}, kid: String(keys[0]?.kid) };
};

const confused = async () => {
  const { jwk, kid } = await published();
  const secret = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return bearer(await lab.oidc.forge({ header: { alg: 'HS256', kid }, key: Buffer.from(secret) }));
};

const tampered = async () => {
  const [header = '', payload = '', signature = ''] = (await own()).split('.');
  const claimed = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const changed = Buffer.from(JSON.stringify({ ...claimed, scp: 'Tenantry.Manage' })).toString('base64url');
  return bearer(`${header}.${changed}.${signature}`);
};

/** Signed by a stranger, who says in the header where the key is to be found. */
const pointing = (header: object) => async () => {
  const { kid } = await published();
  return forged({ key: foreign.privateKey, header: { kid, ...header }, claims: { oid: oids[ada] } })();
};

const kidOf = async (issuerTenant: string) => {
  const { keys } = (await (await fetch(`${lab.oidc.issuer(issuerTenant)}/jwks`)).json()) as { keys: { kid: string }[] };
  return keys[0]?.kid ?? '';
};

const signedInOtherTenant = async () => {
  const kid = await kidOf(otherTenant);
  return bearer(await lab.oidc.forge({ header: { kid }, key: foreign.privateKey }));
};

const idToken = claims({ scp: undefined, azp: undefined, nonce: 'n', roles: ['Tenantry.Manage'] });

const tools = {
  read: 'list_connections',
  write: 'graph_write',
  manage: 'delete_connection',
  both: 'provision_connection',
};

interface Case {
  readonly what: string;
  readonly headers: Make;
  /** Which tool is called. Default: one that reads. */
  readonly needs?: keyof typeof tools;
  /** Default 200. */
  readonly status?: 200 | 400 | 401 | 403;
  /** What stands in the challenge. */
  readonly says?: RegExp;
}

const all = [`${uri}/Tenantry.Read`, `${uri}/Tenantry.Write`, `${uri}/Tenantry.Manage`] as const;
const [readScope, writeScope, manageScope] = all;
const challengeOf = (...wanted: string[]) =>
  new RegExp(
    `^Bearer error="insufficient_scope", scope="${wanted.join(' ')}", error_description="[^"]+", resource_metadata="[^"]+"$`,
  );
const refused = (what: string, headers: Make, says: RegExp = /error="invalid_token"/): Case => ({
  what,
  headers,
  status: 401,
  says,
});
const foreignIssuer = /tenant that may not sign in/;
const signature = /The signature of the token is not valid/;

const withoutToken: Case[] = [
  refused('no header', () => ({}), /^Bearer scope="[^"]+\/Tenantry\.Read", resource_metadata="[^"]+"$/),
  refused('an empty header', () => ({ authorization: '' }), /^Bearer scope/),
  refused('the word Bearer alone', () => ({ authorization: 'Bearer' }), /^Bearer scope/),
  refused('Basic', () => ({ authorization: `Basic ${btoa('ada:secret')}` }), /^Bearer scope/),
  refused('a token without the word', async () => ({ authorization: await own() }), /^Bearer scope/),
  refused('a token in a cookie', async () => ({ cookie: `token=${await own()}` }), /^Bearer scope/),
  refused('a token in another header', async () => ({ 'x-authorization': `Bearer ${await own()}` }), /^Bearer scope/),
  {
    what: 'two headers',
    headers: async () => ({ authorization: [`Bearer ${await own()}`, `Bearer ${await own()}`] }),
    status: 400,
    says: /error="invalid_request"/,
  },
  refused('two tokens in one header', async () => bearer(`${await own()}, ${await own()}`)),
  refused('a text that is no token', () => bearer('abc'), /no token of Entra/),
  refused('parts that are not base64', () => bearer('a!.b!.c!'), /no token of Entra/),
  refused('an opaque refresh token', () => bearer(`0.AXoA${'x'.repeat(400)}`), /no token of Entra/),
  refused('an encrypted token of five parts', () => bearer('eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d'), /no token of Entra/),
  refused('a token with a tab inside', async () => bearer(`${await own()}\tx`)),
  refused('a token of 15 kB', () => bearer(`a.${'b'.repeat(15_000)}.c`)),
  refused('a token that was cut', async () => bearer((await own()).slice(0, -10))),
];

const times: Case[] = [
  refused('one that has expired', claims({ exp: seconds(-90) }), /has expired/),
  { what: 'one that expired within the leeway', headers: claims({ exp: seconds(-50) }) },
  refused('one that is not valid yet', claims({ nbf: seconds(90) }), /not valid yet/),
  { what: 'one that begins within the leeway', headers: claims({ nbf: seconds(50) }) },
  refused('one without an end', claims({ exp: undefined as never })),
  refused('one whose end is a text', claims({ exp: 'tomorrow' as never })),
  refused('one without a beginning', claims({ nbf: undefined as never })),
];

const places: Case[] = [
  { what: 'the Application ID URI as audience', headers: claims({ aud: uri }) },
  refused('another app of the company', claims({ aud: '77777777-7777-4777-8777-777777777777' }), /for another service/),
  refused('Graph as audience', claims({ aud: '00000003-0000-0000-c000-000000000000' }), /for another service/),
  refused('the address of Graph', claims({ aud: 'https://graph.microsoft.com' }), /for another service/),
  refused('no audience', claims({ aud: undefined as never })),
  refused('an empty audience', claims({ aud: '' })),
  refused('an empty list of audiences', claims({ aud: [] })),
  refused('ours among several', claims({ aud: [clientId, 'https://graph.microsoft.com'] }), /several services/),
  refused('our client id in capitals', claims({ aud: `API://${clientId}` }), /for another service/),
  refused('another tenant', forged({ tenant: otherTenant }), foreignIssuer),
  refused(
    'another tenant that says it is ours',
    () => forged({ tenant: otherTenant, claims: { iss: lab.oidc.issuer(), tid: tenant } })(),
    signature,
  ),
  refused('the issuer with a slash behind it', () => claims({ iss: `${lab.oidc.issuer()}/` })(), foreignIssuer),
  refused(
    'the issuer without its version',
    () => claims({ iss: lab.oidc.issuer().replace('/v2.0', '') })(),
    foreignIssuer,
  ),
  refused('the issuer in capitals', () => claims({ iss: lab.oidc.issuer().toUpperCase() })(), foreignIssuer),
  refused('the real login host', claims({ iss: `https://login.microsoftonline.com/${tenant}/v2.0` }), foreignIssuer),
  refused(
    'version 1.0',
    claims({ iss: `https://sts.windows.net/${tenant}/`, ver: '1.0', aud: `api://${clientId}` }),
    /requestedAccessTokenVersion/,
  ),
  refused(
    'version 1.0 for Graph',
    claims({ iss: `https://sts.windows.net/${tenant}/`, ver: '1.0', aud: 'https://graph.microsoft.com' }),
    /for another service. Sign in for the scopes/,
  ),
  refused('ours as issuer, with version 1.0', claims({ ver: '1.0' }), /not of version 2.0/),
  refused('no version', claims({ ver: undefined })),
  refused('the tenant of another one', claims({ tid: otherTenant }), /which tenant/),
  refused('no tenant', claims({ tid: undefined }), /which tenant/),
  refused('no issuer', claims({ iss: undefined as never })),
];

const signatures: Case[] = [
  refused('the key of a stranger', forged({ key: foreign.privateKey }), signature),
  refused('the name of a key of another tenant', signedInOtherTenant, signature),
  refused('a made-up key', forged({ header: { kid: 'made-up' } }), signature),
  refused('no name of a key', forged({ header: { kid: undefined as never } }), /names no key/),
  refused(
    'the algorithm none',
    async () => unsigned({ alg: 'none', typ: 'JWT', kid: await kidOf(tenant) }),
    /not allowed/,
  ),
  refused(
    'the algorithm None',
    async () => unsigned({ alg: 'None', typ: 'JWT', kid: await kidOf(tenant) }),
    /not allowed/,
  ),
  refused('HS256 with the published key', confused, /not allowed/),
  refused('RS512', forged({ header: { alg: 'RS512' } }), /not allowed/),
  refused(
    'ES256 with a curve of a stranger',
    forged({ header: { alg: 'ES256' }, key: foreignCurve.privateKey }),
    signature,
  ),
  {
    what: 'PS256 with the key of the tenant',
    headers: forged({ header: { alg: 'PS256' }, claims: { oid: oids[ada] } }),
  },
  refused('other claims under a good signature', tampered, signature),
  refused('a key of its own (jwk)', pointing({ jwk: foreign.publicKey.export({ format: 'jwk' }) }), signature),
  refused('an address of its key (jku)', pointing({ jku: 'http://127.0.0.1:1/keys' }), signature),
  refused('an address of its certificate (x5u)', pointing({ x5u: 'http://127.0.0.1:1/cert' }), signature),
  refused('something critical that nobody knows', async () => {
    const kid = await kidOf(tenant);
    return unsigned({ alg: 'RS256', typ: 'JWT', kid, crit: ['unknown'], unknown: 1 }, {}, 'c2ln');
  }),
  refused('no signature', async () => unsigned({ alg: 'RS256', typ: 'JWT', kid: await kidOf(tenant) })),
];

const kinds: Case[] = [
  refused('an id token', idToken, /no access token/),
  refused('an id token with the scopes of an access token', claims({ nonce: 'n' }), /no access token/),
  refused('a token that names no client', claims({ azp: undefined }), /no access token/),
  refused('a token of another type', forged({ header: { typ: 'logout+jwt' } }), /no access token/),
  refused('a proof of possession', forged({ header: { typ: 'dpop+jwt' } }), /no access token/),
  { what: 'the type of RFC 9068', headers: forged({ header: { typ: 'at+jwt' }, claims: { oid: oids[ada] } }) },
  refused('nobody', claims({ oid: undefined }), /who it is of/),
  refused('somebody without a GUID', claims({ oid: '../local' }), /who it is of/),
  refused('scopes as a list', scopes(['Tenantry.Read']), /neither of a person/),
  refused('neither scopes nor roles', scopes(undefined), /neither of a person/),
  refused('an app with scopes', claims({ idtyp: 'app', scp: 'Tenantry.Read' }), /neither of a person/),
  { what: 'a guest', headers: claims({ acct: 1, idp: `https://sts.windows.net/${otherTenant}/` }) },
  { what: 'too many groups', headers: claims({ _claim_names: { groups: 'src1' }, _claim_sources: {} }) },
];

const person =
  (...wanted: string[]) =>
  async () =>
    bearer(await lab.oidc.userToken(ada, wanted));
const app = (id: string) => async () => bearer(await lab.oidc.appToken(id));
const lacks = (what: string, headers: Make, needs: keyof typeof tools, ...wanted: string[]): Case => ({
  what: `${what}, for what needs ${needs}`,
  headers,
  needs,
  status: 403,
  says: challengeOf(...wanted),
});

const grants: Case[] = [
  { what: 'a person with Read', headers: person('Tenantry.Read') },
  { what: 'a person with Write, to read', headers: person('Tenantry.Write') },
  { what: 'a person with Manage, to read', headers: person('Tenantry.Manage') },
  { what: 'a person with Write', headers: person('Tenantry.Write'), needs: 'write' },
  { what: 'a person with Manage', headers: person('Tenantry.Manage'), needs: 'manage' },
  { what: 'a person with both', headers: person('Tenantry.Write', 'Tenantry.Manage'), needs: 'both' },
  lacks('a person with Read', person('Tenantry.Read'), 'write', readScope, writeScope),
  lacks('a person with Read', person('Tenantry.Read'), 'manage', readScope, manageScope),
  lacks('a person with Read', person('Tenantry.Read'), 'both', ...all),
  lacks('a person with Write', person('Tenantry.Write'), 'manage', ...all),
  lacks('a person with Write', person('Tenantry.Write'), 'both', ...all),
  lacks('a person with Manage', person('Tenantry.Manage'), 'write', ...all),
  lacks('a person with an unknown scope', scopes('Tenantry.Everything'), 'read', readScope),
  lacks('a person with a scope in other letters', scopes('tenantry.read'), 'read', readScope),
  lacks('a person with the beginning of a scope', scopes('Tenantry.Rea'), 'read', readScope),
  { what: 'an app with the role Read', headers: app(apps.reader) },
  { what: 'an app with the role Manage', headers: app(apps.manager), needs: 'manage' },
  lacks('an app with the role Read', app(apps.reader), 'write', readScope, writeScope),
  lacks('an app without a role', app(apps.nobody), 'read', readScope),
  lacks(
    'an app whose roles are a text',
    claims({ scp: undefined, idtyp: 'app', roles: 'Tenantry.Read' }),
    'read',
    readScope,
  ),
  {
    what: 'an app without the optional claim',
    headers: claims({ scp: undefined, sub: oids[ada], roles: ['Tenantry.Read'] }),
  },
  {
    what: 'a person with a role that allows it',
    headers: claims({ scp: 'Tenantry.Write', roles: ['Tenantry.Write'] }),
    needs: 'write',
  },
  lacks(
    'a person whose role allows less',
    claims({ scp: 'Tenantry.Write', roles: ['Tenantry.Read'] }),
    'write',
    readScope,
    writeScope,
  ),
];

const cases = [...withoutToken, ...times, ...places, ...signatures, ...kinds, ...grants];
const families = { modern: modernCall, legacy: legacyCall };

test('the table has its cases, each of its own name', () => {
  expect(cases).toHaveLength(97);
  expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length);
});

describe.each(['modern', 'legacy'] as const)('%s', (family) => {
  test.each(cases)('$what', async ({ headers, needs = 'read', status = 200, says }) => {
    const given = await headers();
    const reply = await families[family](lab.url, given, tools[needs]);
    expect(reply, reply.text).toMatchObject({ status });
    if (status === 200) {
      expect(reply.text).not.toMatch(/permission_denied|unauthenticated/);
      return;
    }
    expect(reply.challenge).toMatch(says ?? /^Bearer/);
    expect(JSON.parse(reply.text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32001 } });
    // Nothing of what was sent comes back.
    const sent = Object.values(given)
      .flat()
      .join(' ')
      .split(/[ .]/)
      .filter((part) => part.length > 20);
    for (const part of sent) expect(reply.challenge + reply.text).not.toContain(part);
  });
});

test('a token that a stranger signs is as wrong as one that nobody has signed', async () => {
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid: 'x' }).sign(foreign.privateKey);
  expect((await modernCall(lab.url, bearer(token), tools.read)).challenge).toContain('may not sign in here');
});
