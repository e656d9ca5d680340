import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { canonical } from '../../../src/core/base/canonical.ts';
import { fieldsOf, isOptional, wantedValue } from '../../../src/core/base/schema-shape.ts';
import { createKnownSecrets, Secret } from '../../../src/core/secrets/secret.ts';
import { parseArguments } from '../../../src/server/tool-arguments.ts';
import { tools } from '../../../src/tools/registry.ts';

type Schema = z.core.$ZodType;
type Tool = (typeof tools)[number];
type Path = readonly (string | number)[];

const guid = '00000000-0000-0000-0000-000000000001';
const texts = [
  '7',
  'abc',
  guid,
  'DE',
  '2024-03-01',
  'westeurope',
  'ada@contoso.example',
  'https://graph.microsoft.com/v1.0',
  'token',
  'application/json',
];

/** A complete value that a schema accepts. */
function sampleOf(schema: Schema): unknown {
  const wanted = wantedValue(schema);
  switch (wanted.kind) {
    case 'object':
      return Object.fromEntries(Object.entries(wanted.fields).map(([name, field]) => [name, sampleOf(field)]));
    case 'record':
      return wanted.values === undefined ? { a: { b: null } } : { abc: 'x' };
    case 'list':
      return [sampleOf(wanted.element)];
    default: {
      const candidates = [...(wanted.kind === 'words' ? wanted.words : texts), 404, 5, 4_000, true];
      const valid = candidates.find((one) => (schema as z.ZodType).safeParse(one).success);
      if (valid === undefined) throw new Error(`No sample for ${JSON.stringify(wanted)}.`);
      return valid;
    }
  }
}

interface Variant {
  readonly how: string;
  readonly path: Path;
  /** The whole arguments in another spelling. */
  readonly args: unknown;
  /** The whole arguments as they should be. */
  readonly clean: unknown;
}

function put(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root)) return root.map((one, index) => (index === key ? put(one, rest, value) : one));
  return { ...(root as object), [key]: put((root as Record<string, unknown>)[key], rest, value) };
}

function without(root: unknown, path: Path, otherName?: string): unknown {
  const [key, ...rest] = path;
  if (Array.isArray(root)) return root.map((one, index) => (index === key ? without(one, rest, otherName) : one));
  const entries = Object.entries(root as object);
  if (rest.length > 0) {
    return Object.fromEntries(entries.map(([name, one]) => [name, name === key ? without(one, rest, otherName) : one]));
  }
  return Object.fromEntries(
    entries.flatMap(([name, one]) => (name !== key ? [[name, one]] : otherName ? [[otherName, one]] : [])),
  );
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const sameThing = [
  ['endpoint', 'path', 'url'],
  ['search', 'query'],
];

/** Every forgiven spelling of every field below a schema. */
function variantsOf(schema: Schema, value: unknown, path: Path, clean: unknown): Variant[] {
  const wanted = wantedValue(schema);
  const as = (how: string, spelt: unknown): Variant => ({ how, path, args: put(clean, path, spelt), clean });
  switch (wanted.kind) {
    case 'object':
      return [
        ...(path.length > 0 ? [as('JSON text', JSON.stringify(value))] : []),
        ...Object.entries(fieldsOf(schema) ?? {}).flatMap(([name, field]) =>
          fieldVariants(name, field, (value as Record<string, unknown>)[name], [...path, name], clean),
        ),
      ];
    case 'record':
      return [as('JSON text', JSON.stringify(value)), as('JSON text in spaces', ` ${JSON.stringify(value)}\n`)];
    case 'list': {
      const [one] = value as unknown[];
      const alone = wantedValue(wanted.element).kind === 'other' ? [] : [as('a single element', one)];
      return [
        as('JSON text', JSON.stringify(value)),
        ...alone,
        ...variantsOf(wanted.element, one, [...path, 0], clean),
      ];
    }
    case 'number':
      return [as('a number as text', String(value)), as('a number in spaces', ` ${value} `)];
    case 'boolean':
      return ['true', 'True', 'TRUE'].map((text) => as(`a boolean as ${text}`, text));
    case 'text':
      return value === '7' ? [as('a number', 7)] : [];
    case 'words':
      return [String(value).toUpperCase(), String(value).toLowerCase(), String(value).replaceAll('_', '-')].map(
        (word) => as(`the word ${word}`, word),
      );
    default:
      return [];
  }
}

function fieldVariants(name: string, field: Schema, value: unknown, path: Path, clean: unknown): Variant[] {
  const renamed = (other: string): Variant => ({
    how: `the name ${other}`,
    path,
    args: without(clean, path, other),
    clean,
  });
  const names = [camel(name), name.replaceAll('_', '-'), name.toUpperCase()].filter((other) => other !== name);
  const aliases = sameThing.find((group) => group.includes(name))?.filter((other) => other !== name) ?? [];
  const nothing: unknown[] = isOptional(field)
    ? [null, '', ...((field as z.ZodType).safeParse([]).success ? [] : [[]])]
    : [];
  const kind = wantedValue(field).kind;
  const words =
    isOptional(field) && (['number', 'boolean', 'object', 'list'].includes(kind) || name === 'cursor')
      ? ['null', 'undefined', 'none']
      : [];
  return [
    ...[...names, ...aliases].map(renamed),
    ...[...nothing, ...words].map((one) => ({
      how: `${JSON.stringify(one)} for nothing`,
      path,
      args: put(clean, path, one),
      clean: without(clean, path),
    })),
    ...variantsOf(field, value, path, clean),
  ];
}

const known = createKnownSecrets();
const parse = (tool: Tool, args: unknown) => parseArguments(tool, args, { known, offerConnections: async () => '' });
const shown = (value: unknown) =>
  JSON.stringify(canonical(value), (_, one: unknown) => (one instanceof Secret ? 'secret' : one));

/** Samples that say one thing twice, or what no service takes. */
function cleanOf(tool: Tool): unknown {
  const { parent: _, ...sample } = sampleOf(tool.input) as Record<string, unknown>;
  return tool.name.endsWith('workspace_connection') || tool.name.endsWith('workspace_connections')
    ? sample
    : { ...sample, ...('parent' in sample ? { parent: _ } : {}) };
}

const table = tools.map((tool) => {
  const clean = cleanOf(tool);
  return { tool, clean, variants: variantsOf(tool.input, clean, [], clean) };
});
const count = table.reduce((sum, { variants }) => sum + variants.length, 0);

describe(`${count} spellings of the fields of ${tools.length} tools are the same as the clean one`, () => {
  test.each(table.map((row) => [row.variants.length, row.tool.name, row] as const))(
    '%i of %s',
    async (_, __, { tool, variants }) => {
      const wrong: string[] = [];
      for (const { how, path, args, clean } of variants) {
        const [one, other] = await Promise.all([parse(tool, args), parse(tool, clean)]).catch(
          (error: unknown) => [error, undefined] as const,
        );
        const isSame =
          one instanceof Error || other === undefined
            ? false
            : shown(one.parsed) === shown(other.parsed) && shown(one.meant) === shown(other.meant);
        if (!isSame) {
          wrong.push(`${path.join('.')}: ${how}${one instanceof Error ? `: ${one.message.slice(0, 150)}` : ''}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(variants.length).toBeGreaterThan(0);
    },
  );

  test('there are many', () => {
    expect(count).toBeGreaterThan(1_000);
  });
});

const toolOf = (name: string): Tool =>
  tools.find((tool) => tool.name === name) ??
  (() => {
    throw new Error(name);
  })();
const read = async (name: string, args: Record<string, unknown>) => parse(toolOf(name), args);

describe('what is read differently', () => {
  test('is said once, by the names of our fields', async () => {
    const requests = Array.from({ length: 50 }, (_, n) => ({ url: '/users', id: n, dependsOn: [] }));
    const { notes } = await read('graph_batch', {
      connection: 'abc',
      requests: JSON.stringify(requests),
      cursor: 'None',
      prefer: '',
    });
    expect(notes).toEqual([
      'Read as meant: requests from JSON text, requests[].dependsOn as depends_on, requests[].id from a number. Left out, since empty: requests[].depends_on, cursor, prefer.',
    ]);
  });

  test.each([
    ['create_connection', { connection: 'abc' }, { name: 'abc' }, 'connection as name'],
    ['list_connections', { connection: 'abc' }, { name: 'abc' }, 'connection as name'],
    ['validate_connection', { name: 'abc' }, { connection: 'abc' }, 'name as connection'],
  ])('is the name of a connection: %s', async (tool, given, meant, said) => {
    const { parsed, notes } = await read(tool, given);
    expect(parsed).toMatchObject(meant);
    expect(notes).toEqual([`Read as meant: ${said}.`]);
  });

  test('is no second name beside the right one', async () => {
    const both = { name: 'abc', connection: 'def' };
    await expect(read('validate_connection', both)).rejects.toThrow('name');
    await expect(read('create_connection', both)).rejects.toThrow('connection');
  });

  test('is nothing where all is as it should be, or null', async () => {
    expect(
      (await read('graph_query', { connection: 'abc', endpoint: '/users', limit: 5, params: null })).notes,
    ).toEqual([]);
  });

  test('is not a secret, nor a body, nor the value of an option', async () => {
    const { parsed, notes } = await read('complete_connection', {
      connection: 'abc',
      client_secret: '{"env":"A"}',
      token: 'a-literal-one',
    });
    expect(parsed).toMatchObject({ client_secret: { env: 'A' } });
    expect(notes).toEqual([]);
    await expect(read('complete_connection', { connection: 'abc', client_secret: 12345 })).rejects.toThrow(
      'client_secret',
    );
    const body = { displayName: null, tags: [], description: '', count: '5', flag: 'true', json: '{"a":1}' };
    const write = await read('graph_write', {
      connection: 'abc',
      requests: [{ method: 'POST', endpoint: '/x', body }],
    });
    expect(write.parsed).toMatchObject({ requests: [{ body }] });
    const text = await read('graph_write', {
      connection: 'abc',
      requests: [
        { method: 'PUT', endpoint: '/me/drive/root:/a.json:/content', body: '{"a": 1}' },
        { method: 'PUT', endpoint: '/me/x/$value?a=b', body: '{"a": 1}' },
        { method: 'POST', endpoint: '/x', body: '{"a": 1}', headers: { 'content-type': 'text/plain' } },
        { method: 'POST', endpoint: '/x', body: '{"a": ' },
      ],
    });
    expect(text.parsed).toMatchObject({
      requests: [{ body: '{"a": 1}' }, { body: '{"a": 1}' }, { body: '{"a": 1}' }, { body: '{"a": ' }],
    });
    expect(text.notes).toEqual([]);
    const query = await read('graph_query', { connection: 'abc', endpoint: '/x', params: { $top: '5', $search: '' } });
    expect(query.parsed).toMatchObject({ params: { $top: '5', $search: '' } });
  });

  test('keeps an empty list that says something', async () => {
    const { parsed } = await read('assign_license', {
      connection: 'abc',
      user: 'a@b.c',
      add: [{ sku: 'E5', disabled_plans: [] }],
    });
    expect(parsed).toMatchObject({ add: [{ sku: 'E5', disabled_plans: [] }] });
  });

  test('is the JSON text of a body', async () => {
    const request = { method: 'POST', endpoint: '/x' };
    const { parsed, meant, notes } = await read('graph_write', {
      connection: 'abc',
      requests: [
        { ...request, body: '\ufeff{"a":2}' },
        { ...request, body: '{"a":1,"a":2}' },
        { ...request, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: ' {"a":null}' },
      ],
    });
    // One that names a member twice is left to the rules, which count it as one that nobody can read.
    const bodies = [{ body: { a: 2 } }, { body: '{"a":1,"a":2}' }, { body: { a: null } }];
    expect(parsed).toMatchObject({ requests: bodies });
    expect(meant).toMatchObject({ requests: bodies });
    expect(notes).toEqual(['body was read from JSON text.']);
  });

  test('is a text for an object that needs only one, in lists and alone', async () => {
    const batch = await read('graph_batch', { connection: 'abc', requests: ['/users', { path: '/groups' }] });
    expect(batch.parsed).toMatchObject({ requests: [{ url: '/users' }, { url: '/groups' }] });
    expect(batch.notes).toEqual(['Read as meant: requests[] as url, requests[].path as url.']);
    const licence = await read('assign_license', { connection: 'abc', user: 'a@b.c', add: 'SPE_E3' });
    expect(licence.parsed).toMatchObject({ add: [{ sku: 'SPE_E3' }] });
    await expect(read('graph_write', { connection: 'abc', requests: ['/users'] })).rejects.toThrow('requests[0]: got');
  });

  test('is the search of one tool and the query of another', async () => {
    const described = await read('describe_graph', { query: 'revoke sessions' });
    expect(described).toMatchObject({
      parsed: { search: 'revoke sessions' },
      notes: ['Read as meant: query as search.'],
    });
  });

  test('is a single request whose members stand beside the connection', async () => {
    const request = { method: 'PATCH', path: '/users/7', body: '{"jobTitle":"x"}' };
    const { parsed, meant, notes } = await read('graph_write', { connection: 'abc', dry_run: true, ...request });
    const clean = [{ method: 'PATCH', endpoint: '/users/7', body: { jobTitle: 'x' } }];
    expect(parsed).toMatchObject({ dry_run: true, requests: clean });
    expect(meant).toEqual({ connection: 'abc', dry_run: true, requests: clean });
    expect(notes).toEqual([
      'Read as meant: method, path, body as one of requests, requests[].path as endpoint.',
      'body was read from JSON text.',
    ]);
    expect((await read('graph_batch', { connection: 'abc', url: '/users' })).parsed).toMatchObject({
      requests: [{ url: '/users' }],
    });
  });

  test.each([
    ['beside requests', { requests: [{ method: 'DELETE', endpoint: '/x' }], method: 'DELETE' }, 'method: unknown key'],
    ['with a key of neither', { method: 'DELETE', endpoint: '/x', colour: 'red' }, 'colour: unknown key'],
  ])('is no request %s', async (_, args, message) => {
    await expect(read('graph_write', { connection: 'abc', ...args })).rejects.toThrow(message);
  });

  test('is not another name that says nothing', async () => {
    for (const nothing of [null, '']) {
      const { parsed } = await read('graph_query', { connection: 'abc', endpoint: '/users', url: nothing });
      expect(parsed).toMatchObject({ endpoint: '/users' });
    }
  });

  test('must not contradict itself', async () => {
    await expect(read('graph_query', { connection: 'abc', endpoint: '/users', url: '/groups' })).rejects.toThrow(
      'url and endpoint are one argument, and have different values.',
    );
    await expect(read('graph_query', { connection: 'abc', path: '/users', url: '/groups' })).rejects.toThrow(
      'different values',
    );
    expect(
      (await read('graph_query', { connection: 'abc', endpoint: '/users', url: '/users', path: null })).parsed,
    ).toEqual({
      connection: 'abc',
      endpoint: '/users',
    });
  });

  test('is not a placeholder for a secret, and what may stand there is said once', async () => {
    await expect(
      read('complete_connection', { connection: 'abc', client_secret: '<your secret>' }),
    ).rejects.toMatchObject({
      message: 'client_secret: it looks like a placeholder.',
      hint: expect.stringMatching(/^Pass client_secret as \{"secret":"name"\}, .*the text itself\.$/),
    });
  });

  test.each([
    ['limit', '5 users'],
    ['limit', '0x10'],
    ['auto_paginate', 'yes'],
    ['params', '{"a":'],
    ['params', '[1]'],
    ['endpoint', 2 ** 53],
    ['format', 'xml'],
  ])('is not guessed: %s of %j is refused', async (field, value) => {
    await expect(read('graph_query', { connection: 'abc', endpoint: '/users', [field]: value })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
