import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoginDocuments } from '../../../src/core/auth/login-documents.ts';
import type { Caller } from '../../../src/core/base/caller.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import { createKnownSecrets } from '../../../src/core/secrets/secret.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { openLoginDocuments } from '../../../src/runtime/open-login-documents.ts';
import { signInGate } from '../../../src/server/sign-in/sign-in-gate.ts';
import { tools } from '../../../src/tools/registry.ts';
import {
  ada,
  apps,
  bearer,
  callOf,
  grace,
  initialize,
  modernCall,
  oids,
  openSession,
  openSignInLab,
  publicUrl,
  type SignInLab,
  send,
  tenant,
  uri,
} from './support.ts';

let lab: SignInLab;

beforeAll(async () => {
  lab = await openSignInLab();
});
afterAll(() => lab.close());

/** A gate of its own, whose login host can be away. */
function openGate() {
  const documents = openLoginDocuments(() => undefined);
  const host = { isAway: false, reads: 0 };
  const watched: LoginDocuments = {
    async read(url) {
      host.reads += 1;
      if (host.isAway) throw new AppError('upstream_unavailable', 'away');
      return documents.read(url);
    },
  };
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line: string) => void lines.push(line) } });
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
  const secrets = createKnownSecrets();
  const gate = signInGate({ rules: lab.rules, publicUrl, tools, documents: watched, clock, logger, secrets });
  const admit = (token: string) => {
    const request = new IncomingMessage(new Socket());
    request.headersDistinct['authorization'] = [`Bearer ${token}`];
    return gate.admit(request);
  };
  return { gate, admit, host, clock, secrets, log: async () => logger.flush().then(() => lines.join('')) };
}

const minuteMs = 60_000;

describe('who somebody is', () => {
  const groups = ['55555555-5555-4555-8555-555555555555', 'AAAAAAAA-5555-4555-8555-555555555555'];

  async function callerOf(claims: Record<string, unknown>): Promise<Caller> {
    const { caller } = await openGate().admit(await lab.oidc.forge({ claims: { oid: oids[ada], ...claims } }));
    if (caller === undefined) throw new Error('not admitted');
    return caller;
  }

  test('a person is known by tenant and object id, and the token goes with them for an exchange', async () => {
    const { admit } = openGate();
    const token = await lab.oidc.userToken(ada, ['Tenantry.Write']);
    const { caller } = await admit(token);
    expect(caller).toMatchObject({ id: `${tenant}/${oids[ada]}`, name: 'Ada', rights: new Set(['write', 'read']) });
    expect(caller?.assertion?.reveal()).toBe(token);
    expect(JSON.stringify(caller)).not.toContain(token);
  });

  test('an app has no token to exchange', async () => {
    const { caller } = await openGate().admit(await lab.oidc.appToken(apps.manager));
    expect(caller).toMatchObject({ id: `${tenant}/${apps.manager}`, rights: new Set(['manage', 'read']) });
    expect(caller?.assertion).toBeUndefined();
  });

  test('the id is in small letters, however the token writes it', async () => {
    expect((await callerOf({ oid: oids[ada].toUpperCase() })).id).toBe(`${tenant}/${oids[ada]}`);
  });

  test('groups are object ids, and nothing else', async () => {
    const caller = await callerOf({ groups: [...groups, 'CONTOSO\\Admins', 7] });
    expect([...caller.groups]).toEqual(groups.map((group) => group.toLowerCase()));
    expect((await callerOf({ groups: 'all' })).groups.size).toBe(0);
  });

  test('a name is one line', async () => {
    expect((await callerOf({ name: `Ada\n\u202eLovelace${'x'.repeat(500)}` })).name).toMatch(/^Ada ?Lovelacex+$/);
  });

  test('who is in too many groups has none, and the operator is told once', async () => {
    const { admit, log } = openGate();
    for (const claims of [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }]) {
      const { caller } = await admit(await lab.oidc.forge({ claims: { oid: oids[grace], ...claims } }));
      expect(caller?.groups.size).toBe(0);
    }
    const warnings = (await log()).split('\n').filter((line) => line.includes('too many'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${tenant}/${oids[grace]}`);
    expect(warnings[0]).toContain('groupMembershipClaims');
  });
});

describe('a token that was verified', () => {
  test('is not verified again, and ends with its time', async () => {
    const { admit, host, clock } = openGate();
    const token = await lab.oidc.forge({ claims: { oid: oids[ada] } });
    const first = await admit(token);
    host.isAway = true;
    expect((await admit(token)).caller).toBe(first.caller);
    clock.offsetMs = 61 * minuteMs + 1_000;
    expect((await admit(token)).refusal).toMatchObject({ status: 401 });
    expect(host.reads).toBe(2 + 1);
  });

  test('says until when its caller may listen: as long as the gate takes it', async () => {
    const { admit } = openGate();
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const { caller } = await admit(await lab.oidc.forge({ claims: { oid: oids[ada], exp } }));
    expect(caller?.expiresAt).toBe((exp + 60) * 1_000);
  });

  test('is in no answer any more, and no flood of one caller takes that from another', async () => {
    const { admit, secrets } = openGate();
    secrets.add('a-live-secret-of-a-connection', 'in_use', 'c1');
    const own = await lab.oidc.forge({ claims: { oid: oids[grace] } });
    await admit(own);
    for (let number = 0; number < 1_100; number++) {
      secrets.add(`eyJ.flood-of-tokens.${number}`, 'signed_in', `${tenant}/${oids[ada]}`);
    }
    expect(secrets.mask(`got ${own}, a-live-secret-of-a-connection`)).toBe('got [redacted], [redacted]');
  });
});

describe('the login host', () => {
  test('is asked once for many who come at once', async () => {
    const { admit, host } = openGate();
    const forge = () => lab.oidc.forge({ claims: { oid: oids[ada] } });
    const tokens = await Promise.all(Array.from({ length: 30 }, forge));
    const admitted = await Promise.all(tokens.map(admit));
    expect(admitted.every(({ caller }) => caller !== undefined)).toBe(true);
    expect(host.reads).toBe(2);
  });

  test('may be away once its keys are known; before, the answer is to come again', async () => {
    const { admit, host, clock } = openGate();
    const forge = () => lab.oidc.forge({ claims: { oid: oids[ada], exp: Math.floor(Date.now() / 1_000) + 400_000 } });
    host.isAway = true;
    const { refusal } = await admit(await forge());
    expect(refusal).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(refusal?.headers).not.toHaveProperty('www-authenticate');
    host.isAway = false;
    clock.offsetMs = 5_000;
    expect((await admit(await forge())).caller).toBeDefined();
    host.isAway = true;
    clock.offsetMs = 72 * 60 * minuteMs;
    expect((await admit(await forge())).caller).toBeDefined();
  });

  test('is asked for new keys when they sign, and a made-up name of a key is asked for no more than once a minute', async () => {
    const { admit, host, clock } = openGate();
    const claims = { oid: oids[ada] };
    await admit(await lab.oidc.forge({ claims }));
    await lab.oidc.rotateKeys(tenant, true);
    clock.offsetMs = minuteMs;
    expect((await admit(await lab.oidc.forge({ claims }))).caller).toBeDefined();
    const before = host.reads;
    for (let number = 0; number < 20; number++) {
      const { refusal } = await admit(await lab.oidc.forge({ claims, header: { kid: `made-up-${number}` } }));
      expect(refusal).toMatchObject({ status: 401 });
    }
    expect(host.reads).toBe(before);
  });
});

describe('a session', () => {
  test('is of whoever opened it, and each request brings its own token', async () => {
    const [ofAda, ofGrace] = await Promise.all([
      lab.oidc.userToken(ada, ['Tenantry.Read']),
      lab.oidc.userToken(grace, ['Tenantry.Manage']),
    ]);
    const { session } = await openSession(lab.url, bearer(ofAda));
    const within = { 'mcp-session-id': session };
    const list = callOf('list_connections');
    expect((await send(lab.url, { ...bearer(ofAda), ...within }, list)).status).toBe(200);
    expect((await send(lab.url, { ...bearer(ofGrace), ...within }, list)).status).toBe(404);
    expect((await send(lab.url, within, list)).status).toBe(401);
    expect((await send(lab.url, within, undefined, 'DELETE')).status).toBe(401);
    expect((await send(lab.url, { ...bearer(ofGrace), ...within }, undefined, 'DELETE')).status).toBe(404);
    // A token of the same person with more rights is as good.
    const more = await lab.oidc.userToken(ada, ['Tenantry.Write']);
    expect((await send(lab.url, { ...bearer(ofAda), ...within }, callOf('graph_write'))).status).toBe(403);
    expect((await send(lab.url, { ...bearer(more), ...within }, callOf('graph_write'))).status).toBe(200);
  });

  test('a batch needs the rights of all that it asks', async () => {
    const token = await lab.oidc.userToken(ada, ['Tenantry.Write']);
    const { session } = await openSession(lab.url, bearer(token));
    const batch = [callOf('list_connections', {}, 1), callOf('graph_write', {}, 2)];
    const within = { ...bearer(token), 'mcp-session-id': session };
    expect((await send(lab.url, within, batch)).status).toBe(200);
    const refused = await send(lab.url, within, [...batch, callOf('delete_connection', {}, 3)]);
    expect(refused.status).toBe(403);
    expect(refused.challenge).toContain(`scope="${uri}/Tenantry.Read ${uri}/Tenantry.Write ${uri}/Tenantry.Manage"`);
  });
});

describe('around the token', () => {
  test('one in the address is not looked at', async () => {
    const token = await lab.oidc.userToken(ada, ['Tenantry.Read']);
    for (const name of ['access_token', 'token', 'authorization']) {
      expect((await send(`${lab.url}?${name}=${token}`, {}, initialize)).status).toBe(401);
    }
  });

  test('the word Bearer may be in any letters', async () => {
    const token = await lab.oidc.userToken(ada, ['Tenantry.Read']);
    const reply = await send(lab.url, { authorization: `bEaReR  ${token}` }, initialize);
    expect(reply.status).toBe(200);
  });

  test('health needs none', async () => {
    expect((await fetch(lab.url.replace('/mcp', '/healthz'))).status).toBe(200);
  });

  test('a refusal leaves a line for the operator, without the token', async () => {
    const token = await lab.oidc.forge({ claims: { aud: 'https://graph.microsoft.com' } });
    await modernCall(lab.url, bearer(token), 'list_connections');
    expect(lab.log()).toContain('The token is for another service.');
    expect(lab.log()).not.toContain(token.slice(-40));
    const reader = await lab.oidc.userToken(ada, ['Tenantry.Read']);
    expect((await modernCall(lab.url, bearer(reader), 'graph_write')).status).toBe(403);
    const [line] = lab
      .log()
      .split('\n')
      .filter((one) => one.includes('a caller may not do this'))
      .slice(-1);
    expect(JSON.parse(line ?? '')).toMatchObject({
      caller: `${tenant}/${oids[ada]}`,
      needed: ['Tenantry.Read', 'Tenantry.Write'],
    });
  });
});

describe('the metadata', () => {
  const expected = () => ({
    resource: `${publicUrl}/mcp`,
    authorization_servers: [lab.oidc.issuer()],
    scopes_supported: ['Read', 'Write', 'Manage'].map((right) => `${uri}/Tenantry.${right}`),
    bearer_methods_supported: ['header'],
    resource_name: 'Tenantry',
  });

  test.each(['', '/mcp'])('stands at the well-known address %s, for every page and without a token', async (path) => {
    const url = lab.url.replace('/mcp', `/.well-known/oauth-protected-resource${path}`);
    const answer = await fetch(url, { headers: { origin: 'https://anywhere.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual(expected());
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(204);
    expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('');
  });

  test('is where the challenge says', async () => {
    const { challenge } = await send(lab.url, {}, initialize);
    const [, address = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const answer = await fetch(address.replace(publicUrl, lab.url.replace('/mcp', '')));
    expect(await answer.json()).toEqual(expected());
  });
});
