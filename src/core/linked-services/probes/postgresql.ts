import { Socket } from 'node:net';
import { cancelled } from '../../base/errors.ts';
import { member, textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import type { NetworkProxy } from '../../http/proxy.ts';
import { toWireFailure, type WireFailure } from '../../http/wire-failure.ts';
import { unreachable } from '../data-plane-client.ts';
import { parseEndpoint } from '../endpoint.ts';
import { fail, type LinkedService, type ProbeStage, pass, skip, warn, wordsOf } from '../linked-service.ts';
import { nobodyThere, type ProbeContext, type ServiceProbe, unlessRefused } from '../service-probe.ts';

/**
 * Azure Database for PostgreSQL, flexible server: signs in with the token as password and selects 1. The user is the
 * database role, which has the display name of the app (for people: their sign-in name).
 * https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication
 */
export const postgresqlProbe: ServiceProbe = {
  inspect(service) {
    const state = textOf(service.properties['state']) || 'Ready';
    if (state !== 'Ready') {
      const isStopped = state === 'Stopped' || state === 'Stopping';
      return fail('discover', `The server is ${quoted(state)}.`, {
        code: state,
        hint: isStopped
          ? `Start it: ${quoted(`az postgres flexible-server start --ids ${service.id}`, 600)}.`
          : 'Wait until the server is Ready.',
      });
    }
    if (textOf(member(service.properties['authConfig'], 'activeDirectoryAuth')) === 'Disabled') {
      return fail('discover', 'The server takes no Entra tokens (authConfig.activeDirectoryAuth is Disabled).', {
        code: 'activeDirectoryAuth',
        hint: `Switch Entra sign-in on: ${quoted(`az postgres flexible-server update --ids ${service.id} --microsoft-entra-auth Enabled`, 600)}.`,
      });
    }
    return pass('discover', 'The server is ready and takes Entra tokens.');
  },

  async reach(context) {
    const { service, call, principal } = context;
    const nobody = nobodyThere(context);
    if (nobody !== undefined) return nobody;
    const user = await fetchRoleName(context);
    if (user === undefined) {
      return [
        skip('network', 'Not tried: the name of the database role is not known.'),
        fail(
          'authorize',
          'The name of the database role is not known: neither the token nor Graph gives the display name of the app.',
          {
            code: 'role_name_unknown',
            hint: 'Grant Application.Read.All in Microsoft Graph to the app, so that its own display name can be read.',
          },
        ),
      ];
    }
    const endpoint = parseEndpoint(service.endpoint);
    const failure = await login({
      host: endpoint?.host ?? '',
      port: Number(endpoint?.port || 5432),
      user,
      password: await context.token(),
      signal: call.signal,
    });
    if (failure === undefined) {
      return [
        pass('network', `${quoted(service.endpoint)} answers over TLS.`),
        pass('authorize', `Signed in to the database postgres as ${quoted(user)}.`),
      ];
    }
    return readFailure(failure, {
      service,
      user,
      objectId: principal.objectId,
      isPerson: principal.isPerson,
      proxy: context.proxyFor(`https://${endpoint?.host}`),
    });
  },
};

/** Version 2.0 tokens do not carry the name of the app; then the directory is asked. */
async function fetchRoleName({ principal, connection, call }: ProbeContext): Promise<string | undefined> {
  if (principal.name !== undefined || principal.objectId === undefined) return principal.name;
  const path = `/servicePrincipals/${principal.objectId}`;
  const request = { method: 'GET', path, params: { $select: 'displayName' } } as const;
  const answer = await unlessRefused(() => connection.graph.send(request, call), call);
  return textOf(member(answer?.body, 'displayName')) || undefined;
}

interface Attempted {
  readonly service: LinkedService;
  readonly user: string;
  readonly objectId: string | undefined;
  readonly isPerson: boolean;
  /** The proxy of this network, which only what is spoken over HTTP goes through. */
  readonly proxy: NetworkProxy | undefined;
}

function readFailure(failure: LoginFailure, attempted: Attempted): readonly ProbeStage[] {
  const { service, proxy } = attempted;
  if (failure.kind === 'network') return pastProxy(unreachable(service, networkFailure(failure)), proxy);
  if (failure.kind === 'no_tls') {
    return [
      fail('network', 'The server does not offer TLS; the token was not sent.', {
        code: failure.code,
        hint: 'Something between here and the server answers in its place; flexible servers always offer TLS.',
      }),
      skip('authorize', 'Not tried: without TLS no token is sent.'),
    ];
  }
  const reached = pass('network', `${quoted(service.endpoint)} answers over TLS.`);
  const detail = `The server answered ${failure.code}: ${wordsOf(failure.message) || 'nothing'}.`;
  if (failure.code === '28000' && /pg_hba\.conf/.test(failure.message)) {
    const hint = `Let this address in: ${quoted(`az postgres flexible-server firewall-rule create --resource-group ${service.resource_group} --name ${service.name} --rule-name tenantry --start-ip-address <public address of this machine>`, 600)}.`;
    return [
      fail('network', detail, { code: failure.code, hint }),
      skip('authorize', 'Not tried: the firewall refuses this address.'),
    ];
  }
  const reading = readings[failure.code];
  const { status = 'fail', hint } = reading?.(attempted) ?? {
    hint: 'Look at the health of the server in the portal (Resource health), then probe again.',
  };
  const extra = { code: failure.code, hint };
  return [reached, status === 'warn' ? warn('authorize', detail, extra) : fail('authorize', detail, extra)];
}

function networkFailure({ code }: LoginFailure): WireFailure {
  return toWireFailure(Object.assign(new Error('No session was opened.'), { code }), true);
}

/** Databases are not spoken to through a proxy, so one that is set explains why a port is closed. */
function pastProxy(stages: readonly ProbeStage[], proxy: NetworkProxy | undefined): readonly ProbeStage[] {
  if (proxy === undefined) return stages;
  return stages.map((stage) =>
    stage.status === 'fail'
      ? {
          ...stage,
          hint: `PostgreSQL does not go through the proxy ${quoted(proxy.shown)}: port 5432 must be open from here, or a private endpoint lead to it. ${stage.hint ?? ''}`.trim(),
        }
      : stage,
  );
}

interface Reading {
  readonly status?: 'fail' | 'warn';
  readonly hint: string;
}

function missingRole({ user, objectId, isPerson, service }: Attempted): Reading {
  const name = user.replaceAll("'", "''");
  const type = isPerson ? 'user' : 'service';
  return {
    hint: `As an Entra administrator of ${quoted(service.name)}, in the database postgres: ${quoted(`select * from pgaadauth_create_principal_with_oid('${name}', '${objectId ?? '<object-id>'}', '${type}', false, false);`, 600)} No Azure role does this.`,
  };
}

/** By SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const readings: Readonly<Record<string, (attempted: Attempted) => Reading>> = {
  '28P01': missingRole,
  '28000': missingRole,
  '42501': ({ user }) => ({
    hint: `Grant the right to connect: ${quoted(`grant connect on database postgres to "${user.replaceAll('"', '""')}";`, 600)}`,
  }),
  '3D000': () => ({ hint: 'The database postgres is missing; create it again, since roles are kept there.' }),
  '53300': () => ({ status: 'warn', hint: 'All connections are taken: probe again later, or raise max_connections.' }),
  '57P03': () => ({ status: 'warn', hint: 'The server is starting: probe again in a minute.' }),
};

interface LoginOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The access token. */
  readonly password: string;
  readonly signal: AbortSignal;
  /** Default 10 s for connecting, and as much for the answer. */
  readonly timeoutMs?: number;
}

/** Why there was no session. */
interface LoginFailure {
  readonly kind: 'network' | 'no_tls' | 'refused';
  /** SQLSTATE of a refusal; otherwise Node's code or our own. */
  readonly code: string;
  /** The server's words; empty without an answer. */
  readonly message: string;
}

/**
 * Opens a session over TLS with the certificate verified, selects 1 and closes it. Nothing of the environment (`PGHOST`
 * and the like) takes part. Undefined means success.
 */
async function login(options: LoginOptions): Promise<LoginFailure | undefined> {
  const { host, port, user, password, signal, timeoutMs = 10_000 } = options;
  if (signal.aborted) throw cancelled(signal.reason);
  const { Client } = (await import('pg')).default;
  const socket = new Socket();
  const client = new Client({
    host,
    port,
    user,
    password,
    database: 'postgres',
    application_name: 'tenantry',
    options: '',
    ssl: { rejectUnauthorized: true },
    // The socket is ours, so that cancelling ends it at once, whatever state the session is in.
    stream: () => socket,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A connection that breaks later has been read already.
  client.on('error', () => undefined);
  const giveUp = () => socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal.reason);
    return failureOf(error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    // Say goodbye, without waiting for the other side.
    client.end().catch(() => undefined);
    socket.destroySoon();
  }
}

function failureOf(error: unknown): LoginFailure {
  const message = error instanceof Error ? error.message : '';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^[0-9A-Z]{5}$/.test(code) && error instanceof Error && 'severity' in error) {
    return { kind: 'refused', code, message };
  }
  if (/does not support SSL/i.test(message)) return { kind: 'no_tls', code: 'NO_TLS', message: '' };
  if (/timeout/i.test(message)) return { kind: 'network', code: 'ETIMEDOUT', message: '' };
  return { kind: 'network', code: /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'ECONNRESET', message: '' };
}
