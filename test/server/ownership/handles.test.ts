import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../../src/core/base/caller.ts';
import { resultUri } from '../../../src/core/results/create-list-collector.ts';
import { testCall } from '../../support/call.ts';
import { ada, bob, requestOf } from '../../support/people.ts';
import { cursorTools, resultResources, toolArguments } from './doors.ts';
import { oldSecret, openWorld, type Traces, textOf, type World, without } from './world.ts';

// What answers leave behind: ids, cursors, handles, names. Those of somebody else are as good as made-up ones, and so are Bob's
// own once the connection that they are from is shared with him no longer.

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const ways = ['in process', 'modern', 'legacy'] as const;
type Way = (typeof ways)[number];
const whose = ['adas', 'bobs'] as const;
const madeUp = { id: 'AAAAAAAAAAAAAAAA', cursor: 'AAAAAAAAAAAAAAAAAAAAAAAA', job: `job.${'A'.repeat(200)}` };

/** Bob asks over his own connection, and over the one that he heard of. */
const connections = ['zebra', 'payroll', 'finance'] as const;

const cursorCells = ways.flatMap((way) =>
  cursorTools.flatMap((tool) =>
    whose.flatMap((of) => connections.map((connection) => ({ way, tool, of, connection }))),
  ),
);
const jobCells = ways.flatMap((way) =>
  whose.flatMap((of) => connections.map((connection) => ({ way, of, connection }))),
);
const resultCells = ways.flatMap((way) =>
  resultResources.flatMap(({ name }) =>
    whose.flatMap((of) => [0, 5].map((offset) => ({ way, resource: name, of, offset }))),
  ),
);
const secretCells = ways.flatMap((way) => ['adas-key', oldSecret].map((name) => ({ way, name })));

function ask(way: Way, tool: string, args: Record<string, unknown>): Promise<string> {
  if (way === 'in process') return world.call(bob, tool, args);
  return world.clients[way].call(tool, args).then(textOf, textOf);
}

function read(way: Way, uri: string, caller: Caller = bob): Promise<string> {
  if (way === 'in process') return world.surface.readResource({ uri }, requestOf(caller)).then(textOf, textOf);
  return world.clients[way].readResource(uri).then(textOf, textOf);
}

test('all of them are tried', () => {
  const counts = [cursorCells, jobCells, resultCells, secretCells].map(({ length }) => length);
  expect(counts).toMatchInlineSnapshot(`
    [
      126,
      18,
      24,
      6,
    ]
  `);
});

test('the one whose they are can use them', async () => {
  const { adas } = world;
  expect(await read('in process', `tenantry://results/${adas.result}`, ada)).toContain('userPrincipalName');
  expect(await read('in process', `tenantry://results/${adas.table}.csv`, ada)).toContain('userPrincipalName');
  const list = {
    connection: 'payroll',
    endpoint: '/users',
    params: { $select: 'id,displayName,mail,userPrincipalName' },
  };
  expect(await world.call(ada, 'graph_query', { ...list, cursor: adas.cursor })).toContain('userPrincipalName');
  expect(await world.call(ada, 'get_operation', { connection: 'payroll', operation: adas.job })).toContain(
    'of payroll',
  );
  expect(await world.call(ada, 'graph_delta', { ...toolArguments['graph_delta'], connection: 'payroll' })).toContain(
    '"value":[]',
  );
});

describe('Bob learns nothing', () => {
  test.each(cursorCells)(
    'from the cursor of $of with $tool on $connection, $way',
    async ({ way, tool, of, connection }) => {
      const cursor = world[of].cursor;
      const list = { ...toolArguments[tool], connection };
      world.box.forget();
      expect(without(await ask(way, tool, { ...list, cursor }), cursor)).toBe(
        without(await ask(way, tool, { ...list, cursor: madeUp.cursor }), madeUp.cursor),
      );
      expect(world.box.seen()).toEqual([]);
    },
  );

  test.each(jobCells)('from the operation of $of on $connection, $way', async ({ way, of, connection }) => {
    const operation = world[of].job;
    const found = await ask(way, 'get_operation', { connection, operation });
    expect(found).not.toContain('of payroll');
    expect(found).not.toContain('of finance');
    expect(found).toBe(await ask(way, 'get_operation', { connection, operation: madeUp.job }));
  });

  test.each(resultCells)('from the $resource of $of at $offset, $way', async ({ way, resource, of, offset }) => {
    const format = resource === 'table' ? 'csv' : 'json';
    const id = world[of][(resource === 'table' ? 'table' : 'result') satisfies keyof Traces];
    const uriOf = (one: string) => `${resultUri(one, format)}${offset === 0 ? '' : `?offset=${offset}`}`;
    const found = await read(way, uriOf(id));
    expect(found).toMatch(/not found/i);
    expect(without(found, id)).toBe(without(await read(way, uriOf(madeUp.id)), madeUp.id));
  });

  test.each(secretCells)('from the secret $name, $way', async ({ way, name }) => {
    const use = (secret: string) => ask(way, 'complete_connection', { connection: 'zebra', client_secret: { secret } });
    const found = await use(name);
    expect(found).toContain('"code":"refused"');
    expect(without(found, name)).toBe(without(await use('nobodys-key'), 'nobodys-key'));
  });
});

describe('of what is Ada’s, Bob is given nothing by', () => {
  const stores: readonly (readonly [string, () => Promise<unknown>, unknown])[] = [
    ['the list of what waits for a yes', async () => world.box.runtime.approvals.list(bob.id), []],
    [
      'the code of what waits',
      async () => world.box.runtime.approvals.answer(world.pending, bob.id, 'approved'),
      false,
    ],
    ['the list of named secrets', async () => world.box.runtime.namedSecrets.list(bob.id, bob), []],
    [
      'the place of a saved position',
      async () => {
        const { payroll } = world.ids;
        return world.box.runtime.state.get({ caller: bob.id, connectionId: payroll, name: ['graph_delta', 'staff'] });
      },
      undefined,
    ],
    ['the stored results', async () => world.box.runtime.results.read(world.adas.result, bob.id, 0, 1_000), undefined],
    ['the receipts', async () => world.box.runtime.receipts.find('AAAAAAAA', bob.id), undefined],
    [
      'the places that calls have seen',
      async () => world.box.runtime.places.list(bob.id).filter(({ connection }) => connection === world.ids.payroll),
      [],
    ],
  ];
  test.each(stores)('%s', async (_, ask_, nothing) => {
    expect(await ask_()).toEqual(nothing);
  });

  test('the name of a secret that he may not reveal', async () => {
    const { namedSecrets } = world.box.runtime;
    const reveal = (name: string) => namedSecrets.reveal(name, bob.id, bob).catch((error: unknown) => textOf(error));
    for (const name of ['adas-key', oldSecret]) {
      expect(without(String(await reveal(name)), name)).toBe(without(String(await reveal('nobodys')), 'nobodys'));
    }
  });
});

test('the limits of a shared connection show each caller their own requests', async () => {
  const { connections } = world.box.runtime;
  await connections.share('payroll', { add: [{ everyone: true, access: 'read' }] }, ada, testCall());
  try {
    const limits = async (caller: Caller) =>
      JSON.parse(JSON.parse(await read('in process', 'tenantry://limits/payroll', caller)).contents[0].text);
    // Over `finance`, which is of the same app, Bob has read users; Ada alone has asked for subscriptions.
    await world.call(ada, 'arm_query', { connection: 'payroll', path: '/subscriptions', api_version: '2022-12-01' });
    const lanesOf = async (caller: Caller): Promise<readonly string[]> =>
      (await limits(caller)).lanes.map(({ lane }: { readonly lane: string }) => lane);
    expect(await lanesOf(bob)).toEqual(['graph directory read']);
    expect((await lanesOf(ada)).join()).toMatch(/graph directory read.*arm/);
    expect((await limits(bob)).budgets).toEqual([]);
  } finally {
    await connections.share('payroll', { remove: [{ everyone: true }] }, ada, testCall());
  }
});
