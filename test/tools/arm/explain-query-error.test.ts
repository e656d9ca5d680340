import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { explainQueryError } from '../../../src/tools/arm/resource-graph-query.ts';

function refusal(details: readonly unknown[]): AppError {
  return new AppError('invalid_argument', 'Please provide below info when asking for support: timestamp = …', {
    status: 400,
    upstream: { code: 'BadRequest', requestId: 'r1', detail: { code: 'BadRequest', message: 'Please …', details } },
  });
}

const query = 'resources\n| summarise count()\n| take 5';

test('a parser error names line, character and word, and shows the line', () => {
  const error = explainQueryError(
    refusal([
      { code: 'InvalidQuery', message: 'Query is invalid.' },
      {
        code: 'ParserFailure',
        message: 'ParserFailure',
        line: 2,
        characterPositionInLine: 2,
        token: 'summarise',
        expectedToken: 'summarize',
      },
    ]),
    query,
  );
  expect(error).toMatchObject({
    code: 'invalid_argument',
    message: 'query: it cannot be read at line 2, column 2, near `summarise`.',
    hint: expect.stringContaining('Resource Graph expects `summarize` there'),
    detail: { line: 2, character: 2, token: 'summarise', text: '| summarise count()' },
    upstream: { code: 'BadRequest', requestId: 'r1' },
  });
});

test('the place is found in details of details', () => {
  const inner = { code: 'ParserFailure', message: 'ParserFailure', line: 1, token: 'x' };
  const error = explainQueryError(refusal([{ code: 'InvalidQuery', message: 'bad', details: [inner] }]), 'x');
  expect(error).toMatchObject({ message: 'query: it cannot be read at line 1, near `x`.' });
});

test('a refusal without a place is told in the words of its cause', () => {
  const message = "Failed to resolve table or column expression named 'resorces'";
  const error = explainQueryError(
    refusal([{ code: 'InvalidQuery', message: 'Query is invalid.', details: [{ code: 'Semantic', message }] }]),
    query,
  );
  expect(error).toMatchObject({
    code: 'invalid_argument',
    message: `query: Resource Graph refuses it: \`${message}\``,
  });
});

test('other failures stay what they are', () => {
  const throttled = new AppError('throttled', 'Too many', { status: 429 });
  expect(explainQueryError(throttled, query)).toBe(throttled);
  const odd = new AppError('invalid_argument', 'Bad', { status: 400, upstream: { detail: 'text' } });
  expect(explainQueryError(odd, query)).toMatchObject({ message: 'query: Bad' });
  const failure = new TypeError('x');
  expect(explainQueryError(failure, query)).toBe(failure);
});
