import { describe, expect, test } from 'vitest';
import { compileProjection } from '../../../src/core/results/projection.ts';

const people = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `u${n}`, name: `Person ${n}` }));

describe('an expression that makes far more out of the data than there is in it is stopped', () => {
  test.each([
    ['doubled lists', `value${'|[@,@]'.repeat(40)}`],
    ['doubled lists, flattened', `value${'|[@,@][]'.repeat(40)}`],
    ['doubled objects', `value${'|{a:@,b:@}'.repeat(40)}`],
    ['doubled texts', `value[0].name${"|join('',[@,@])".repeat(20)}|[@,@]|[@,@]|[@,@]|[@,@]`],
    ['the list for each item of the list', `value${'[].[$.value'.repeat(9)}${']'.repeat(9)}`],
    ['doubled lists below let', `let $v = value in $v${'|[@,@]'.repeat(40)}`],
    ['doubled lists in a function', `map(&(@${'|[@,@]'.repeat(40)}), value)`],
  ])('%s', async (_, expression) => {
    const projection = await compileProjection(expression);
    expect(() => projection.apply(people(10))).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining('was stopped') }),
    );
    expect(() => projection.applyTo({ value: people(10) })).toThrow('was stopped');
  });
});

describe('an expression that only looks at the data is not stopped', () => {
  test.each([
    ['value[?ends_with(id, `7`) || contains(name, `3`)].{id: id, name: name, upper: upper(name)}'],
    ['sort_by(value, &name)[].id'],
    ['value[].[id, name, [id, name]]'],
    ['length(value)'],
  ])('%s', async (expression) => {
    const projection = await compileProjection(expression.replaceAll('`', "'"));
    for (let page = 0; page < 30; page++) expect(() => projection.apply(people(2_000))).not.toThrow();
  });
});

test('an expression that is nested too deeply is refused in plain words', async () => {
  await expect(compileProjection(`${'!'.repeat(3_999)}a`)).rejects.toThrow('nested too deeply');
});

describe('what JMESPath reads in a way that nobody means is read as it is meant', () => {
  const users = [
    { id: 'ada', seen: { at: '2026-11-02T09:00:00Z' }, keys: [{ end: '2026-10-01' }, { end: '2027-10-01' }] },
    { id: 'bob', seen: { at: null }, keys: [{ end: '2027-10-01' }] },
    { id: 'eve', seen: null, keys: [] },
  ];

  test.each([
    ['value[?!seen.at].id', ['bob', 'eve']],
    ['value[?!seen].id', ['eve']],
    ['value[?!(seen.at)].id', ['bob', 'eve']],
    ['value[?!keys[0].end && !seen.at].id', ['eve']],
    ['value[?!!seen.at].id', ['ada']],
    ["value[?!keys[?end < '2026-11-20']].id", ['bob', 'eve']],
    ['value[?!keys[].end].id', ['eve']],
    ['value[?!keys[*].end].id', ['eve']],
    ['value[].{id: id, never: !seen.at} | [?never].id', ['bob', 'eve']],
    ['value[?seen == null].id', ['eve']],
    ['value[?(length(keys) > `1`) == true].id', ['ada']],
    ['value[?false == (length(keys) > `1`)].id', ['bob', 'eve']],
    ["value[?seen.at < '2026-11-20'].id", ['ada']],
    ["value[?seen.at >= '2026-11-20'].id", []],
    ["value[?keys[?end <= '2026-11-20']].id", ['ada']],
    ["value[?id > 'ada' && id < 'eve'].id", ['bob']],
    ['value[?id > `1`].id', []],
    ['value[?length(keys) > `1`].id', ['ada']],
    ["let $day = '2026-11-20' in value[?seen.at < $day].id", ['ada']],
  ])('%s', async (expression, ids) => {
    expect((await compileProjection(expression)).apply(users)).toEqual(ids);
  });

  test('members called true, false and null can still be shown', async () => {
    const { applyTo } = await compileProjection('{a: true, b: false, c: null}');
    expect(applyTo({ true: 1, false: 2, null: 3 })).toEqual({ a: 1, b: 2, c: 3 });
  });

  test('a number without backticks is refused with the form that works', async () => {
    await expect(compileProjection('value[?length(keys) > 1].id')).rejects.toMatchObject({
      hint: 'A number stands in backticks, as in length(members) > `2`.',
    });
  });

  test('what looks like a syntax tree in a literal is left alone', async () => {
    const literal = { type: 'Subexpression', left: { type: 'NotExpression', child: 1 } };
    expect((await compileProjection(`\`${JSON.stringify(literal)}\``)).applyTo({})).toEqual(literal);
  });
});

describe('what an expression reads of the items', () => {
  test.each([
    ['value[?accountEnabled].mail', ['accountEnabled', 'mail']],
    ['length(value[?accountEnabled])', ['accountEnabled']],
    ["value[?dept.name=='x' && !contains(title, 'y')].{id:id,city:address.city}", ['dept', 'title', 'address']],
    ['value[*].[skills[0].name, id] | [0]', ['skills']],
    ['value[].members[].userPrincipalName', ['members']],
    ['value[?"@removed"].id', []],
    ['length(value)', []],
    ['sort_by(value, &id)[].id', []],
  ])('%s', async (expression, unseen) => {
    const projection = await compileProjection(expression);
    projection.apply([{ id: 'u1' }, { id: 'u2' }]);
    expect(projection.unseen()).toEqual(unseen);
  });

  test('is seen once an item of any page has it, even as null', async () => {
    const projection = await compileProjection('value[].{name:displayName,on:accountEnabled}');
    projection.apply([{ displayName: 'Ada' }]);
    expect(projection.unseen()).toEqual(['accountEnabled']);
    projection.apply([{ displayName: 'Grace', accountEnabled: null }]);
    expect(projection.unseen()).toEqual([]);
  });
});

test.each([
  [
    "value[?contains(mail, 'x')].id",
    'contains() expected argument 1 to be type (string | array) but received type null instead',
  ],
  ['sort_by(value, &mail)[].id', 'expected (string), received null'],
])('%s meets a member that is null, and the hint says how to test it first', async (expression, reason) => {
  const projection = await compileProjection(expression);
  expect(() =>
    projection.apply([
      { id: 'u1', mail: 'a@contoso.example' },
      { id: 'u2', mail: null },
    ]),
  ).toThrow(
    expect.objectContaining({
      message: `project: the JMESPath expression ${JSON.stringify(expression)} fails: Invalid type: ${reason}.`,
      hint: "A member is null or missing in some items: test it first, as in value[?mail && contains(mail, 'x')] or sort_by(value[?mail], &mail).",
    }),
  );
});

test('a function that does not exist is refused before there is any data', async () => {
  await expect(compileProjection('value[?lenght(name) > `1`]')).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('Unknown function: lenght()'),
  });
});

test.each(['__proto__', 'constructor', 'toString', 'value[0].hasOwnProperty', 'value[].{a:__proto__,b:constructor}'])(
  '%s reads members of the data only, not what every object has',
  async (expression) => {
    const projected = (await compileProjection(expression)).applyTo({ value: [{ a: 1 }] });
    expect(JSON.stringify(projected ?? null)).toMatch(/^(?:null|\[\{"a":null,"b":null\}\])$/);
  },
);

test('a member with the name of something that every object has is read', async () => {
  const data = JSON.parse('{"value":[{"__proto__":1,"constructor":2}]}');
  expect((await compileProjection('value[].[__proto__, constructor]')).applyTo(data)).toEqual([[1, 2]]);
});
