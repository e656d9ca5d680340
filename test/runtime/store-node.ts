import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts';
import { identity } from '../core/connections/service-support.ts';
import { temporaryFolder } from '../core/connections/support.ts';
import type { PostgresCluster } from '../support/postgres-cluster.ts';

export interface NodeOptions extends Pick<RuntimeOptions, 'embedded' | 'clock'> {
  readonly masterKey?: Buffer;
  readonly password?: string;
  /** Tables that several nodes share. Default: their own. */
  readonly schema?: string;
  /** Another way to the server, such as a proxy. */
  readonly port?: number;
  readonly mostConnections?: number;
}

export interface StoreNode {
  readonly home: string;
  readonly runtime: Runtime;
  /** What the configuration may name; a test may change it. */
  readonly variables: Record<string, string>;
}

/** A node with a home of its own that holds nothing but its configuration: a store in PostgreSQL, and one connection. */
export async function startNode(cluster: PostgresCluster, options: NodeOptions = {}): Promise<StoreNode> {
  const { masterKey = Buffer.alloc(32, 7), password = 'x', mostConnections, port, ...rest } = options;
  const { url, ca = '', schema } = cluster.options(rest.schema === undefined ? {} : { schema: rest.schema });
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'ca.pem'), ca);
  const address = new URL(url);
  address.password = '';
  if (port !== undefined) address.port = String(port);
  const store = {
    url: address.href,
    ca: join(home, 'ca.pem'),
    schema,
    password: { env: 'PW' },
    master_key: { env: 'KEY' },
    ...(mostConnections === undefined ? {} : { max_connections: mostConnections }),
  };
  const declared = { ...identity, name: 'declared', client_secret: { env: 'APP' } };
  writeFileSync(join(home, 'tenantry.yaml'), JSON.stringify({ store, connections: [declared] }), { mode: 0o600 });
  const variables: Record<string, string> = { PW: password, KEY: masterKey.toString('base64'), APP: 'declared-secret' };
  const { config, error } = await loadConfig({
    flags: { home, logLevel: 'silent' },
    environment: (name) => variables[name],
  });
  expect(error).toBeUndefined();
  const { embedded, clock } = rest;
  const runtime = createRuntime({
    config,
    version: '0',
    ...(embedded === undefined ? {} : { embedded }),
    ...(clock === undefined ? {} : { clock }),
  });
  onTestFinished(() => runtime.close());
  return { home, runtime, variables };
}
