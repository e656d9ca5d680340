import { expect, test } from 'vitest';
import { createItemCounter, membersCounted } from '../../../src/core/results/item-counter.ts';

async function count(expression: string, items: readonly unknown[]) {
  const counter = await createItemCounter(expression);
  counter.add(items);
  return counter.groups();
}

test('groups come with the largest first, then by key', async () => {
  const items = ['b', 'a', 'c', 'c'].map((name) => ({ name }));
  expect(await count('name', items)).toEqual([
    { key: 'c', count: 2 },
    { key: 'a', count: 1 },
    { key: 'b', count: 1 },
  ]);
});

test('numbers that came up equally often are in order of their size', async () => {
  const items = [10, 9, -1, 100, -20].map((code) => ({ code }));
  expect((await count('code', items)).map(({ key }) => key)).toEqual([-20, -1, 9, 10, 100]);
});

test('null and a missing member are one group, and no text', async () => {
  expect(await count('city', [{ city: null }, {}, { city: 'null' }, { city: '' }])).toEqual([
    { key: null, count: 2 },
    { key: '', count: 1 },
    { key: 'null', count: 1 },
  ]);
});

test('keys of each type are told apart', async () => {
  const keys = [1, '1', true, 'true', [1], '[1]', { a: 1 }, [['a', 1]], '{"a":1}', null, 0, false, []];
  const groups = await count(
    'key',
    keys.map((key) => ({ key })),
  );
  expect(groups).toHaveLength(keys.length);
});

test('objects are the same whatever the order of their members, at every depth', async () => {
  const items = [
    { at: { x: { a: 1, b: 2 }, y: [{ c: 1, d: 2 }] } },
    { at: { y: [{ d: 2, c: 1 }], x: { b: 2, a: 1 } } },
  ];
  expect(await count('at', items)).toEqual([{ key: items[0]?.at, count: 2 }]);
});

test('an expression may make the key', async () => {
  const items = [{ mail: 'A@x.example' }, { mail: 'b@x.example' }, { mail: 'c@y.example' }, { mail: null }];
  expect(await count("mail && split(mail, '@')[1] || 'none'", items)).toEqual([
    { key: 'x.example', count: 2 },
    { key: 'none', count: 1 },
    { key: 'y.example', count: 1 },
  ]);
});

test('members of the prototype are no keys', async () => {
  const items = [{ name: '__proto__' }, { name: 'constructor' }, { name: '__proto__' }];
  expect(await count('name', items)).toEqual([
    { key: '__proto__', count: 2 },
    { key: 'constructor', count: 1 },
  ]);
});

test('what has no room is counted apart, and what has a group is counted to the end', async () => {
  const counter = await createItemCounter('n', { most: 2, mostKeyBytes: 1_000 });
  counter.add([1, 2, 3, 2, 4, 1, 1].map((n) => ({ n })));
  expect(counter.groups()).toEqual([
    { key: 1, count: 3 },
    { key: 2, count: 2 },
  ]);
  expect(counter.counted()).toBe(5);
  expect(counter.uncounted()).toBe(2);
});

test('long keys have no more room than short ones', async () => {
  const counter = await createItemCounter('n', { most: 100, mostKeyBytes: 50 });
  counter.add(['a'.repeat(30), 'b'.repeat(30), 'c'].map((n) => ({ n })));
  expect(counter.groups()).toHaveLength(2);
  expect(counter.uncounted()).toBe(1);
});

test.each(['department[', 'nothing(name)', '', '&&'])('the expression %j is refused', async (expression) => {
  await expect(createItemCounter(expression)).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringMatching(/^count_by: /),
    hint: expect.stringContaining('each item'),
  });
});

test('an expression that fails at null says what to write', async () => {
  const counter = await createItemCounter('lower(mail)');
  expect(() => counter.add([{ mail: null }])).toThrow(
    expect.objectContaining({ code: 'invalid_argument', hint: expect.stringContaining("mail || ''") }),
  );
});

test('an expression that makes far more out of an item than there is in it is stopped', async () => {
  const counter = await createItemCounter(`name${'|[@,@]'.repeat(40)}`);
  expect(() => counter.add([{ name: 'x' }])).toThrow('count_by: this expression makes far more');
});

test.each([
  ['department', ['department']],
  ["lower(mail || userPrincipalName || '')", ['mail', 'userPrincipalName']],
  ['[department, address.city, tags[0]]', ['department', 'address', 'tags']],
  ['{d: department, on: accountEnabled == `{"type":"x"}`}', ['department', 'accountEnabled']],
  ['department || keys(@)', []],
  ['@', []],
  ['used - free', []],
  ['plans[].name', []],
  ['plans[?on].name | [0]', []],
  ['sort_by(plans, &name)[0].name', []],
  ['let $x = department in $x', []],
])('all that %s reads of an item is %j', async (expression, names) => {
  expect(await membersCounted(expression)).toEqual(names);
});
