import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prompts } from '../../../src/resources/prompts.ts';
import { fixedResources, templateResources } from '../../../src/resources/resources.ts';
import { tools } from '../../../src/tools/registry.ts';
import { ada, bob, requestOf } from '../../support/people.ts';
import {
  completions,
  connectionTools,
  namedResources,
  publicResources,
  resultResources,
  toolArguments,
  unboundTools,
} from './doors.ts';
import { openWorld, textOf, type World, without } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Names that Bob may have guessed or heard, each with one of the same form that nobody has. */
const names = [
  { what: 'of somebody else', name: 'payroll', nobodys: 'payrolx' },
  { what: 'that is shared with him no longer', name: 'finance', nobodys: 'finanqe' },
  { what: 'of the operator', name: 'sandbox', nobodys: 'sandbux' },
];
const ways = ['in process', 'modern', 'legacy'] as const;

const toolCells = ways.flatMap((way) => connectionTools.flatMap((tool) => names.map((one) => ({ way, tool, ...one }))));
const promptNames = prompts.flatMap(({ name: prompt, arguments: args }) =>
  args.filter(({ kind }) => kind.startsWith('connection')).map((argument) => ({ prompt, argument: argument.name })),
);
const resourceCells = ways.flatMap((way) =>
  namedResources.flatMap(({ uriTemplate }) => names.map((one) => ({ way, uriTemplate, ...one }))),
);
const promptCells = ways.flatMap((way) => promptNames.flatMap((at) => names.map((one) => ({ way, ...at, ...one }))));
const completionCells = ways.flatMap((way) => completions.map((at) => ({ way, ...at })));

function ask(way: (typeof ways)[number], tool: string, args: Record<string, unknown>): Promise<string> {
  if (way === 'in process') return world.call(bob, tool, args);
  return world.clients[way].call(tool, args).then(textOf, textOf);
}

function read(way: (typeof ways)[number], uri: string): Promise<string> {
  if (way === 'in process') return world.surface.readResource({ uri }, requestOf(bob)).then(textOf, textOf);
  return world.clients[way].readResource(uri).then(textOf, textOf);
}

test('every door has a row: a new tool, resource or prompt without one fails here', () => {
  expect(Object.keys(toolArguments).sort()).toEqual([...connectionTools].sort());
  expect([...connectionTools, ...unboundTools].sort()).toEqual(tools.map(({ name }) => name).sort());
  const known = [...namedResources, ...resultResources].map(({ uriTemplate }) => uriTemplate);
  expect([...known, ...publicResources].sort()).toEqual(templateResources.map(({ uriTemplate }) => uriTemplate).sort());
  expect(fixedResources.map(({ uri }) => uri)).toEqual(['tenantry://connections']);
  const counts = [toolCells, resourceCells, promptCells, completionCells].map(({ length }) => length);
  expect(counts).toMatchInlineSnapshot(`
    [
      198,
      27,
      36,
      60,
    ]
  `);
});

describe('a connection that is not his is to Bob as one that is not there', () => {
  test.each(toolCells)('$tool, $way, $what', async ({ way, tool, name, nobodys }) => {
    world.box.forget();
    const ofHers = await ask(way, tool, { ...toolArguments[tool], connection: name });
    const ofNobody = await ask(way, tool, { ...toolArguments[tool], connection: nobodys });
    expect(ofHers).toContain('There is no connection named');
    expect(without(ofHers, name)).toBe(without(ofNobody, nobodys));
    expect(world.box.seen()).toEqual([]);
  });

  test.each(resourceCells)('$uriTemplate, $way, $what', async ({ way, uriTemplate, name, nobodys }) => {
    const ofHers = await read(way, uriTemplate.replace('{name}', name));
    const ofNobody = await read(way, uriTemplate.replace('{name}', nobodys));
    expect(ofHers).toMatch(/not found/i);
    expect(without(ofHers, name)).toBe(without(ofNobody, nobodys));
  });

  test.each(promptCells)('prompt $prompt, $way, $what', async ({ way, prompt, argument, name, nobodys }) => {
    const get = (value: string) =>
      way === 'in process'
        ? Promise.resolve(world.surface.getPrompt({ name: prompt, arguments: { [argument]: value } }, requestOf(bob)))
        : world.clients[way].prompt(prompt, { [argument]: value });
    const [ofHers, ofNobody] = [await get(name).then(textOf, textOf), await get(nobodys).then(textOf, textOf)];
    expect(without(ofHers, name)).toBe(without(ofNobody, nobodys));
  });

  test.each(completionCells)(
    'no completion of $argument of $of offers it, $way',
    async ({ way, of, ref, argument }) => {
      const typed = { name: argument, value: '' };
      const found =
        way === 'in process'
          ? (await world.surface.complete({ ref, argument: typed }, requestOf(bob))).completion.values
          : await world.clients[way].complete(ref.type === 'ref/prompt' ? ref.name : of, argument, '');
      expect(found.filter((value) => /payroll|finance|sandbox/.test(value))).toEqual([]);
    },
  );

  test.each(ways)('no list shows it, %s', async (way) => {
    const resources =
      way === 'in process'
        ? (await world.surface.listResources(requestOf(bob))).resources.map(({ uri }) => uri)
        : await world.clients[way].resources();
    const lists = [
      resources.join(' '),
      await read(way, 'tenantry://connections'),
      await ask(way, 'list_connections', {}),
    ];
    for (const list of lists) {
      expect(list).toContain('zebra');
      expect(list).not.toMatch(/payroll|finance|(?:name":"|\/)sandbox|Ada|aaaaaaaa/);
    }
    const one = await ask(way, 'list_connections', { name: 'payroll' });
    expect(without(one, 'payroll')).toBe(without(await ask(way, 'list_connections', { name: 'payrolx' }), 'payrolx'));
  });

  test.each(names)('its name is free for Bob: $what', async ({ name, nobodys }) => {
    const make = async (wanted: string) => {
      const made = without(await world.call(bob, 'create_connection', { name: wanted }), wanted);
      const used = without(await world.call(bob, 'delete_connection', { connection: wanted }), wanted);
      return [made, used];
    };
    expect(await make(name)).toEqual(await make(nobodys));
    expect(await world.call(ada, 'list_connections', {})).toContain('payroll');
  });
});

test('what does not name a connection answers Ada and Bob alike', async () => {
  const args = { search: 'list users' };
  expect(await world.call(bob, 'describe_graph', args)).toBe(await world.call(ada, 'describe_graph', args));
});

test('Bob is told of his own changes and of nobody else’s', async () => {
  for (const client of Object.values(world.clients)) {
    await client.listen(['tenantry://checklist/payroll', 'tenantry://checklist/zebra']);
    client.forget();
  }
  await world.call(ada, 'validate_connection', { connection: 'payroll' });
  await world.call(ada, 'create_connection', { name: 'secretive', cloud: 'sandbox' });
  await world.call(bob, 'validate_connection', { connection: 'zebra' });
  await Promise.all(Object.values(world.clients).map((client) => client.untilTold('tenantry://checklist/zebra')));
  for (const client of Object.values(world.clients)) expect(client.told()).toEqual(['tenantry://checklist/zebra']);
});
