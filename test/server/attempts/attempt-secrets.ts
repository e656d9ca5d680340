import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Channel, limitedTo } from '../../../src/core/base/authority.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import type { ConfiguredSecret } from '../../../src/core/named-secrets/named-secrets.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { templateResources } from '../../../src/resources/resources.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools as registry } from '../../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { workspaceId } from '../../support/workspace-connections.ts';
import { type ForbiddenPlace, mark, placeFiles, variables } from './forbidden-places.ts';
import {
  completed,
  declaredSecretArguments,
  type SecretArgumentRow,
  secretArguments,
  target,
} from './secret-arguments.ts';
import { spellings } from './spellings.ts';

// Everything that an agent may try to have read or sent as a secret: each argument, each forbidden thing, each way to
// write it, on each channel. Nothing is read, nothing is stored, nothing leaves.

export interface AttemptOptions {
  /** How many of the forbidden things are tried in each spelling; all of them where it is absent. */
  readonly most?: number;
  /** How many attempts there are at least. */
  readonly atLeast: number;
}

/** The tests of the table. */
export function attemptSecrets({ most, atLeast }: AttemptOptions): void {
  let tools: SandboxTools;
  let places: ReturnType<typeof placeFiles>['places'];
  let outside: string;
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-attempts-'));
  /** Everything that went over the wire, as it was, and the names of the variables that were looked at. */
  const wire: string[] = [];
  const looked = new Set<string>();
  let round = 0;
  let total = 0;
  /** Attempts by channel, tool, spelling and kind of thing. */
  const cells = new Map<string, number>();

  const named = (overrides: Partial<ConfiguredSecret>): ConfiguredSecret => ({
    source: { env: 'PROD_AZURE_SECRET' },
    use: ['sign_in', 'export'],
    to: [],
    cloud: 'public',
    ...overrides,
  });

  beforeAll(async () => {
    const watched = new Proxy(variables, {
      get(all, name) {
        looked.add(String(name));
        return Reflect.get(all, name);
      },
    });
    tools = await openSandboxTools({
      users: 5,
      frozenClock: true,
      environment: watched,
      secrets: {
        named: {
          bound: named({
            source: { env: 'TENANTRY_SECRET_OK' },
            to: [
              { holder: 'contoso/Payments' },
              {
                holder:
                  '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw-contoso-research',
                target,
              },
            ],
          }),
          elsewhere: named({
            use: ['export'],
            to: [{ holder: 'contoso/Platform' }, { holder: '/subscriptions/x', target }],
          }),
          'other-target': named({
            use: ['export'],
            to: [{ holder: '/subscriptions/x', target: 'https://other.example' }],
          }),
          'other-cloud': named({ cloud: 'china', use: ['export'], to: [{ holder: 'contoso/Platform' }] }),
          unreadable: named({ source: { file: '/nowhere/secret' }, to: [{ holder: 'contoso/Payments' }] }),
        },
      },
      watch: (client) => ({
        async sendRequest(request) {
          wire.push(
            `${request.method} ${request.url} ${JSON.stringify(request.headers.toJSON())} ${String(request.body ?? '')}`,
          );
          return client.sendRequest(request);
        },
      }),
    });
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    for (const [field, auth_type] of Object.entries(completed)) {
      await tools.call('create_connection', { name: `try-${field.replaceAll('_', '-')}`, cloud: 'sandbox', auth_type });
    }
    await tools.call('create_connection', { name: 'ready', cloud: 'sandbox', access: 'read_write' });
    const identity = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
    await tools.call('complete_connection', { connection: 'ready', ...identity });
    ({ places, outside } = placeFiles(tools.home, folder));
    if (most !== undefined) places = some(places, most);
  });
  afterAll(async () => {
    await tools.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Secrets of stored connections and of the named store, by reference. */
  async function held(): Promise<string> {
    const records = await tools.runtime.connections.list(localCaller);
    const storage = openLocalStorage({ home: tools.home, vault: 'file', clock: tools.sandbox.clock });
    const stored = await storage.vault.list();
    await storage.close();
    return JSON.stringify([stored, records.map(({ name, status, secrets }) => [name, status, secrets])]);
  }

  async function attempt(row: SecretArgumentRow, value: unknown, channel: Channel) {
    round += 1;
    const authority = limitedTo([], channel);
    const answer = await tools.call(row.tool, row.call(value, round), { authority });
    return { ...answer, error: answer.response.error };
  }

  const channels = ['stdio', 'http'] as const;

  describe('the table', () => {
    test('has every argument that a tool declares as a secret', () => {
      const rows = new Set(secretArguments.map(({ tool, argument }) => `${tool} ${argument}`));
      expect(declaredSecretArguments().length).toBeGreaterThan(8);
      expect(declaredSecretArguments().filter((one) => !rows.has(one))).toEqual([]);
    });

    test('names the bound workspace as it is', () => {
      expect(workspaceId(tools)).toContain('/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/');
    });
  });

  describe.each(secretArguments)('$tool $argument', (row) => {
    test.each(channels)(
      'takes nothing that is forbidden, however it is written, over %s',
      { timeout: 120_000 },
      async (channel) => {
        const before = await held();
        wire.length = 0;
        const counts = new Map<string, number>();
        const refusals = new Set<string>();
        for (const spelling of spellings) {
          for (const place of places) {
            const { isError, text, error } = await attempt(row, spelling.write(place.reference), channel);
            const which = `${place.what}, ${spelling.name}, ${channel}: ${text.slice(0, 300)}`;
            expect(isError, which).toBe(true);
            expect(['refused', 'invalid_argument'], which).toContain(error.code);
            expect(text.includes(mark), which).toBe(false);
            // What is not to be told apart: missing, unreadable, not allowed, not bound.
            if (error.code === 'refused') refusals.add(JSON.stringify(error));
            const cell = `${spelling.name}, ${place.kind}`;
            counts.set(cell, (counts.get(cell) ?? 0) + 1);
          }
        }
        expect([...counts.values()].filter((count) => count === 0)).toEqual([]);
        expect(counts.size).toBe(spellings.length * 3);
        expect([...refusals]).toHaveLength(1);
        expect(wire.filter((line) => line.includes(mark) || !/^(?:GET|POST \S+\/oauth2\/)/.test(line))).toEqual([]);
        expect(await held()).toBe(before);
        for (const [cell, count] of counts) {
          total += count;
          const name = `${channel}, ${row.tool}, ${cell}`;
          cells.set(name, (cells.get(name) ?? 0) + count);
        }
      },
    );

    test.each(channels)('takes what is allowed over %s', async (channel) => {
      const allowed: readonly [unknown, boolean][] = [
        [{ secret: 'bound' }, true],
        [JSON.stringify({ secret: 'bound' }), true],
        [{ env: 'TENANTRY_SECRET_OK' }, channel === 'stdio' && !row.isExport],
        [{ file: 'ok' }, channel === 'stdio' && !row.isExport],
        [{ file: 'linked' }, channel === 'stdio' && !row.isExport],
        ['literal-text-of-a-model', channel === 'stdio'],
      ];
      for (const [value, isTaken] of allowed) {
        const { error } = await attempt(row, value, channel);
        expect([value, error?.code === 'refused']).toEqual([value, !isTaken]);
      }
      const { error } = await attempt(row, { prompt: true }, channel);
      expect(error.code).toBe('unsupported');
    });
  });

  describe('resources', () => {
    test('read nothing by the name of a forbidden thing', async () => {
      const surface = createSurface(tools.runtime, { listed: registry, callable: registry });
      let count = 0;
      for (const { uriTemplate } of templateResources) {
        for (const { reference } of places) {
          for (const value of [
            Object.values(reference)[0] ?? '',
            encodeURIComponent(Object.values(reference)[0] ?? ''),
          ]) {
            const uri = uriTemplate.replace(/\{[^}]+\}/, value);
            const answer: unknown = await surface
              .readResource({ uri }, { mcpReq: {} } as never)
              .catch((error: unknown) => String(error));
            expect(JSON.stringify(answer).replaceAll(JSON.stringify(uri).slice(1, -1), '')).not.toContain(mark);
            count += 1;
          }
        }
      }
      expect(count).toBeGreaterThan(20);
      total += count;
    });
  });

  test('the attempts are counted, and no forbidden variable or file was ever touched', () => {
    process.stderr.write(
      `${[...cells].map(([cell, count]) => `${String(count).padStart(6)}  ${cell}`).join('\n')}\n${total} attempts\n`,
    );
    expect(total).toBeGreaterThan(atLeast);
    const foreign = [...looked].filter((name) => !/^TENANTRY_|^(?:OTEL|XDG|APPDATA|AZURE|ACTIONS|SYSTEM)/.test(name));
    expect(foreign.filter((name) => name in variables)).toEqual([]);
    expect(statSync(outside).atime.getFullYear()).toBe(2020);
  });
}

/** Evenly spread over the list, at least one of each kind. */
function some(places: readonly ForbiddenPlace[], most: number): readonly ForbiddenPlace[] {
  return places.filter((_, index) => index % Math.ceil(places.length / most) === 0);
}
