import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { mergeQuery, type QueryOption } from '../../../src/core/http/url-text.ts';
import { createUrlBuilder } from '../../../src/core/http/urls.ts';
import { settingsSchema } from '../../../src/core/record/connection.ts';
import { listOf, recordWithin } from '../../../src/tools/params.ts';
import { tools } from '../../../src/tools/registry.ts';
import { cloud, descriptor } from '../../core/http/client-fixture.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

type Def = Readonly<Record<string, unknown>> & { readonly type: string };

/** One list or record of a schema, and whether it says how large it may be. */
interface Found {
  readonly path: string;
  readonly isBounded: boolean;
}

/** Every list, record and open object of a schema, at any depth and in every branch. */
function collectionsOf(schema: unknown, path: string): readonly Found[] {
  const def = (schema as z.core.$ZodType)._zod.def as unknown as Def;
  const below = (child: unknown, name: string) => collectionsOf(child, `${path}${name}`);
  const own = { path, isBounded: isBounded(def) };
  switch (def.type) {
    case 'array':
      return [own, ...below(def['element'], '[]')];
    case 'record':
      return [own, ...below(def['valueType'], '.*')];
    case 'object': {
      const catchall = def['catchall'] as z.core.$ZodType | undefined;
      const isOpen = catchall !== undefined && catchall._zod.def.type !== 'never';
      return [
        ...(isOpen ? [own] : []),
        ...Object.entries(def['shape'] as object).flatMap(([name, one]) => below(one, `.${name}`)),
      ];
    }
    case 'union':
      return (def['options'] as unknown[]).flatMap((one, index) => below(one, `|${index}`));
    case 'pipe':
      return [...below(def['in'], ''), ...below(def['out'], '')];
    case 'intersection':
      return [...below(def['left'], ''), ...below(def['right'], '')];
    case 'tuple':
      return (def['items'] as unknown[]).flatMap((one, index) => below(one, `[${index}]`));
    default:
      return def['innerType'] === undefined ? [] : below(def['innerType'], '');
  }
}

function isBounded(def: Def): boolean {
  const checks = (def['checks'] ?? []) as z.core.$ZodCheck[];
  return checks.some((check) => {
    const { check: kind, params, maximum } = check._zod.def as unknown as Record<string, unknown>;
    const most = kind === 'max_length' ? maximum : (params as { most?: unknown } | undefined)?.most;
    return typeof most === 'number' && most <= 10_000;
  });
}

const found = tools.flatMap((tool) => collectionsOf(tool.input, tool.name));

describe('schemas', () => {
  test('are walked to their lists and records', () => {
    const paths = found.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'graph_batch.requests',
        'graph_batch.requests[].headers',
        'graph_write.requests[].body|0',
        'create_connection.settings',
        'create_connection.settings.retry.retry_on_status',
        'complete_connection.client_secret|0',
        'create_workspace_connection.properties',
        'assign_license.add[].disabled_plans',
      ]),
    );
    expect(found.length).toBeGreaterThan(40);
  });

  test(`all ${found.length} lists and records of all ${tools.length} tools have a maximum`, () => {
    expect(found.filter(({ isBounded }) => !isBounded).map(({ path }) => path)).toEqual([]);
  });

  test('a list or a record without one is found', () => {
    const open = z.strictObject({ a: z.array(z.string()), b: z.record(z.string(), z.string()), c: z.looseObject({}) });
    expect(collectionsOf(open, 't').map(({ path, isBounded: yes }) => [path, yes])).toEqual([
      ['t.a', false],
      ['t.b', false],
      ['t.c', false],
    ]);
    expect(
      collectionsOf(recordWithin(z.string(), listOf(z.string(), 2), 2), 't').every(({ isBounded: yes }) => yes),
    ).toBe(true);
  });

  test('a maximum is kept', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
    const record = recordWithin(z.string(), z.unknown(), 3);
    expect([record.safeParse(many(3)).success, record.safeParse(many(4)).success]).toEqual([true, false]);
    expect(settingsSchema.safeParse({ retry: { retry_on_status: Array(101).fill(500) } }).success).toBe(false);
  });
});

describe('large arguments', () => {
  let box: SandboxTools;
  beforeAll(async () => {
    box = await openSandboxTools({ scopes: ['directory', 'resources', 'ml', 'devops'] });
  });
  afterAll(() => box.close());

  const many = <Value>(value: Value) => Object.fromEntries(Array.from({ length: 99_000 }, (_, n) => [`k${n}`, value]));
  const list = <Value>(value: Value) => Array.from({ length: 99_000 }, () => value);

  test.each<[string, string, Record<string, unknown>]>([
    ['params', 'graph_query', { endpoint: '/users', params: many('x') }],
    ['params', 'arm_query', { path: '/subscriptions', params: many(1) }],
    ['params of a write', 'graph_write', { requests: [{ method: 'POST', endpoint: '/users', params: many(true) }] }],
    ['headers', 'graph_query', { endpoint: '/users', headers: many('x') }],
    ['body', 'arm_write', { method: 'PUT', path: '/subscriptions', body: many('x') }],
    ['settings', 'create_connection', { name: 'abc', settings: many(1) }],
    ['unknown keys', 'graph_query', { endpoint: '/users', ...many('x') }],
    ['unknown keys of an item', 'graph_batch', { requests: [{ url: '/users', ...many('x') }] }],
    ['a reference', 'complete_connection', { client_secret: many('x') }],
    ['a list', 'resource_graph_query', { query: 'x', subscriptions: list('x') }],
    ['ids', 'convert_service_connection', { project: 'x', ids: list('x') }],
    ['dependencies', 'graph_batch', { requests: [{ url: '/users', depends_on: list('x') }] }],
    ['properties', 'create_workspace_connection', { connection_name: 'abc', properties: many('x') }],
    ['more values than there may be', 'graph_query', { endpoint: '/users', params: { a: list(0), b: list(0) } }],
  ])('99,000 values in %s of %s are refused before anything is sent', async (_, tool, args) => {
    box.forget();
    const { isError, response, text } = await box.call(tool, args);
    expect(isError).toBe(true);
    expect(response.error.code).toBe('invalid_argument');
    expect(text.length).toBeLessThan(11_000);
    expect(box.seen()).toEqual([]);
  });

  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['deep JSON text', { method: 'PUT', path: '/subscriptions', body: nested(10_000) }, /nested more than 32 levels/],
    [
      'JSON text one level too deep',
      { method: 'PUT', path: '/subscriptions', body: nested(32) },
      /nested more than 32 levels/,
    ],
    [
      'JSON text of many values',
      {
        method: 'PUT',
        path: '/subscriptions',
        body: `{"a":[${'0,'.repeat(49_000)}0]}`,
        params: { a: list(0).slice(0, 60_000) },
      },
      /more than 100000 values/,
    ],
    ['a prototype in JSON text', { method: 'PUT', path: '/subscriptions', body: '{"__proto__":{"a":1}}' }, /__proto__/],
    [
      'a long key in JSON text',
      { method: 'PUT', path: '/subscriptions', body: JSON.stringify({ ['k'.repeat(1_001)]: 1 }) },
      /characters/,
    ],
  ])('%s obeys the same bounds', async (_, args, said) => {
    box.forget();
    const { response } = await box.call('arm_write', args);
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(said) });
    expect(box.seen()).toEqual([]);
  });

  test('so do objects among properties that came as text', async () => {
    const { response } = await box.call('create_workspace_connection', {
      connection_name: 'abc',
      properties: { authType: 'ApiKey', credentials: nested(5_000) },
    });
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('32 levels') });
  });

  test('half of a surrogate pair in JSON text is replaced like everywhere', async () => {
    box.forget();
    const requests = `[{"method":"POST","endpoint":"/groups","body":{"displayName":"a\\ud800b"}}]`;
    await box.call('graph_write', { requests });
    expect(box.seen().find(({ service, method }) => service === 'graph' && method === 'POST')?.body).toEqual({
      displayName: 'a\ufffdb',
    });
  });
});

describe('a query', () => {
  const option = (name: string, value: string): QueryOption => ({ name, value, wire: value });

  test('is merged by looking at each option once, however many there are', () => {
    let reads = 0;
    const counting = (name: string): QueryOption => ({
      get name() {
        reads += 1;
        return name;
      },
      value: '',
      wire: '',
    });
    const size = 5_000;
    mergeQuery(
      Array.from({ length: size }, (_, n) => counting(`$a${n}`)),
      Array.from({ length: size }, (_, n) => counting(`$b${n}`)),
    );
    expect(reads).toBeLessThan(10 * size);
  });

  test('has system options once, in the place of the first, and others as often as they are named', () => {
    const merged = mergeQuery(
      [option('$top', '1'), option('a', '1'), option('$Top', '2'), option('b', '1')],
      [option('B', '2'), option('B', '3'), option('$select', 'id')],
    );
    expect(merged.map(({ name, value }) => `${name}=${value}`)).toEqual(['$Top=2', 'a=1', 'B=2', 'B=3', '$select=id']);
  });

  test('is built from thousands of options of an address', () => {
    const text = Array.from({ length: 7_000 }, (_, n) => `$o${n}=1`).join('&');
    const { url } = createUrlBuilder(descriptor, cloud).resolve({ path: `/users?${text.slice(0, 50_000)}` });
    expect(url).toContain('$o5000=1');
  });
});
