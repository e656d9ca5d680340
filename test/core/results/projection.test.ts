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
