import { expect, test } from 'vitest';
import { readUpstreamError } from '../../../../src/core/http/upstream-error.ts';

test.each([
  ['Graph', { error: { code: 'Request_ResourceNotFound', message: 'm' } }, 'Request_ResourceNotFound', 'm'],
  ['an empty code', { error: { code: '', message: 'm', innerError: { code: 'inner' } } }, 'inner', 'm'],
  ['nested codes', { error: { code: '', innererror: { code: 'a', innererror: { code: 'b' } } } }, 'b', ''],
  ['ARM without wrapper', { code: 'AuthorizationFailed', message: 'm' }, 'AuthorizationFailed', 'm'],
  ['the old directory', { 'odata.error': { code: 'X', message: { lang: 'en', value: 'm' } } }, 'X', 'm'],
  ['JSON within the message', { error: { code: 'X', message: '{"Message":"m"}' } }, 'X', 'm'],
  ['OAuth', { error: 'invalid_client', error_description: 'AADSTS7000215' }, 'invalid_client', 'AADSTS7000215'],
  ['the title of a page', { title: 'Bad gateway' }, '', 'Bad gateway'],
  ['text', 'oops', '', ''],
  ['nothing', undefined, '', ''],
])('reads %s', (_name, body, code, message) => {
  expect(readUpstreamError(body)).toMatchObject({ code, message });
});
