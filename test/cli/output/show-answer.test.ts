import { expect, test } from 'vitest';
import { type ShowAnswerOptions, showAnswer } from '../../../src/cli/output/show-answer.ts';

type Data = Readonly<Record<string, unknown>>;

async function shown(data: unknown, meta: Data = {}, options: Partial<ShowAnswerOptions> = {}) {
  const structured = { response: { success: true, status: 200, data }, connection: { name: 'contoso' }, meta };
  return showAnswer(
    { isError: false, structured, text: JSON.stringify(structured), diagnostics: {} },
    { format: 'table', ...options },
  );
}

async function answer(data: unknown, meta: Data = {}): Promise<string> {
  return (await shown(data, meta)).out ?? '';
}

async function failure(error: Data, format: ShowAnswerOptions['format'] = 'table') {
  const structured = { response: { success: false, status: 404, error }, connection: { name: 'contoso' }, meta: {} };
  return showAnswer({ isError: true, structured, text: JSON.stringify(structured), diagnostics: {} }, { format });
}

const connection = {
  name: 'contoso',
  status: 'pending',
  health: 'unknown',
  next_step:
    'Call complete_connection for "contoso" with tenant_id and client_id; without client_secret it asks the person for it.',
  cloud: 'public',
  access: 'read_only',
  auth_type: 'azure',
  scopes: ['directory'],
  identity: {},
  secrets: [],
  origin: 'stored',
};

test('a new connection names the command that comes next', async () => {
  expect(await answer(connection)).toBe(
    [
      'contoso: pending, health unknown',
      '  read_only, for directory',
      '  signs in with azure, cloud public',
      'Next: Run tenantry connections complete contoso with --tenant-id and --client-id; without --client-secret it asks the person for it.',
    ].join('\n'),
  );
});

test('a validation shows its lines, what to do about them, identity and secrets', async () => {
  const secrets = [
    { kind: 'client_secret', fingerprint: '0fd9b35f', source: 'env', expires_at: '2028-01-04T00:00:00Z' },
  ];
  const checks = [
    { check: 'token.graph', status: 'pass', detail: 'Got a token.' },
    { check: 'graph_roles', status: 'fail', detail: 'User.Read.All is missing.', hint: 'Grant it.' },
  ];
  const checked = { ...connection, status: 'ready', health: 'failing', next_step: 'Grant it.' };
  const text = await answer(
    { health: 'failing', checks, connection: { ...checked, identity: { tenant_id: 't' }, secrets } },
    { notes: ['It was slow.'] },
  );
  expect(text.split('\n')).toEqual([
    'pass  token.graph: Got a token.',
    'fail  graph_roles: User.Read.All is missing.',
    '      Grant it.',
    'contoso: ready, health failing',
    '  read_only, for directory',
    '  signs in with azure, cloud public',
    '  tenant_id: t',
    '  client_secret: fingerprint 0fd9b35f, from env, ends 2028-01-04',
    'Next: Grant it.',
    'note: It was slow.',
  ]);
});

test('a ready connection says so, and a declared one names the configuration', async () => {
  expect(await answer({ ...connection, status: 'ready', health: 'healthy', next_step: 'Ready to use.' })).toMatch(
    /\nReady to use\.$/,
  );
  const next_step = 'Correct its declaration in tenantry.yaml.';
  expect(await answer({ ...connection, origin: 'declared', next_step })).toContain(`Next: ${next_step}`);
});

test('a damaged connection and a deleted one are shown', async () => {
  const damaged = {
    name: 'old',
    status: 'damaged',
    health: 'failing',
    problem: 'It was changed.',
    next_step: 'Delete it.',
  };
  expect(await answer({ value: [damaged] })).toBe('old: damaged\n  It was changed.\nNext: Delete it.');
  const secrets_destroyed = [{ kind: 'client_secret', fingerprint: '0fd9b35f' }];
  expect(await answer({ deleted: 'old', secrets_destroyed })).toBe(
    'Deleted old.\n  client_secret: fingerprint 0fd9b35f',
  );
});

test('an error is its message and its hint, on lines of their own and without controls', async () => {
  const error = { code: 'not_found', message: 'There is no\u001b[2K\nconnection.', hint: 'Valid names: contoso.' };
  expect(await failure(error)).toEqual({ out: 'error: There is no[2K connection.\n  Valid names: contoso.' });
});

test('an error of a command that takes flags names flags', async () => {
  const error = {
    code: 'invalid_argument',
    message: 'client_id: got the string "x", expected a GUID. scopes[0]: got the string "y", expected a scope.',
    hint: 'Pass client_id as a GUID.',
  };
  const structured = { response: { success: false, status: 400, error }, meta: {} };
  const result = { isError: true, structured, text: '', diagnostics: {} };
  const { out } = await showAnswer(result, { format: 'table', takesFlags: true });
  expect(out).toBe(
    'error: --client-id: got the string "x", expected a GUID. --scopes: got the string "y", expected a scope.\n  Pass --client-id as a GUID.',
  );
});

test('who asks for the sandbox without its flag is told about it', async () => {
  const error = {
    code: 'not_found',
    message: 'There is no connection named sandbox.',
    hint: 'There are no connections yet: create one with create_connection.',
  };
  expect(await failure(error)).toEqual({
    out: 'error: There is no connection named sandbox.\n  Add --sandbox for the sandbox tenant.',
  });
});

test('an error leaves nothing on stdout where rows are wanted', async () => {
  const error = {
    code: 'not_found',
    message: 'There is none.',
    hint: 'Supply subscription_id with complete_connection.',
  };
  const err = 'error: There is none.\n  Supply --subscription-id with tenantry connections complete contoso.';
  expect(await failure(error, 'csv')).toEqual({ err });
  expect(await failure(error, 'ndjson')).toEqual({ err });
});

const value = [
  { id: '1', displayName: 'Ada, "the" first', address: { city: 'London' } },
  { id: '2', displayName: '=HYPERLINK("x")', tags: ['a', 'b'] },
];

test('a list is a table for people, with what is said about it below', async () => {
  const text = await answer({ value }, { complete: false, count: 2, total: 9, cursor: 'abc', notes: ['Sorted.'] });
  expect(text.split('\n')).toEqual([
    'displayName       id  address.city  tags',
    'Ada, "the" first  1   London',
    '=HYPERLINK("x")   2                 a; b',
    'note: Sorted.',
    'note: These are 2 of 9 items. Go on with the same arguments and "cursor":"abc".',
  ]);
});

test('a file that goes with the home of a sandbox says so', async () => {
  const saved = { path: '/tmp/home/exports/users.csv', rows: 2, bytes: 10, columns: ['id'] };
  expect((await shown(saved, { complete: true }, { keepsNothing: true })).out).toContain('not this file either');
  expect((await shown(saved, { complete: true })).out).not.toContain('note:');
});

test('where nothing is kept, no cursor is named that would lead nowhere', async () => {
  const { out } = await shown({ value }, { complete: false, count: 2, cursor: 'abc' }, { keepsNothing: true });
  expect(out).toContain(
    'note: These are 2 items, and there are more. --sandbox keeps nothing to go on from; with --home DIR it does.',
  );
});

test('a table begins with what names an item and with its id, whole; what is empty in all rows is named below', async () => {
  const id = '85fdacad-7826-4826-8da2-461fd066636f';
  const row = { businessPhones: [], jobTitle: 'x'.repeat(40), mail: null, userPrincipalName: 'ada@c.example', id };
  const one = { ...row, displayName: 'Ada Lovelace' };
  const { out = '' } = await shown({ value: [one, { ...one, displayName: 'Grace' }] }, {}, { width: 80 });
  expect(out.split('\n')).toEqual([
    'displayName   id                                    userPrincipa…  jobTitle',
    `Ada Lovelace  ${id}  ada@c.example  xxxxxxxxxxxx…`,
    `Grace         ${id}  ada@c.example  xxxxxxxxxxxx…`,
    '',
    'Columns without a value: businessPhones, mail.',
  ]);
});

test('a list is CSV as RFC 4180 says, without formulas, and the notes go to stderr', async () => {
  const { out, err } = await shown({ value }, { complete: true, notes: ['Sorted.'] }, { format: 'csv' });
  expect(out?.split('\n')).toEqual([
    'id,displayName,address.city,tags',
    '1,"Ada, ""the"" first",London,',
    `2,"'=HYPERLINK(""x"")",,a; b`,
  ]);
  expect(err).toBe('note: Sorted.');
});

test('ndjson has one line for each item, of a batch for each request, and an object is one line', async () => {
  expect((await shown({ value }, {}, { format: 'ndjson' })).out).toBe(
    value.map((one) => JSON.stringify(one)).join('\n'),
  );
  expect((await shown({ responses: [{ id: '1' }, { id: '2' }] }, {}, { format: 'ndjson' })).out).toBe(
    '{"id":"1"}\n{"id":"2"}',
  );
  expect((await shown({ id: '1' }, {}, { format: 'ndjson' })).out).toBe('{"id":"1"}');
});

test('an object is a line for each member, a count a line', async () => {
  expect(await answer({ id: '1', address: { city: 'London' } })).toBe('id            1\naddress.city  London');
  expect(await answer(240)).toBe('240');
  expect(await answer({ value: [] })).toBe('Nothing was found.');
});

test('cells are cut to the width of the terminal, wide characters count twice, and controls never reach it', async () => {
  const wide = [{ id: '1', displayName: '\u6771'.repeat(30), note: 'a\u001b[31mb\nc' }];
  const { out = '' } = await shown({ value: [...wide, ...wide] }, {}, { width: 40 });
  expect(out.split('\n')).toEqual([
    'displayName                 id  note',
    `${'\u6771'.repeat(12)}\u2026   1   a[31mb c`,
    `${'\u6771'.repeat(12)}\u2026   1   a[31mb c`,
  ]);
});

test('columns that do not fit at all are named', async () => {
  const row = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`column${index}`, 'x'.repeat(30)]));
  const { out = '' } = await shown({ value: [row, row] }, {}, { width: 40 });
  expect(out).toContain('Columns not shown: column4, column5, column6, column7, column8.');
  for (const line of out.split('\n').slice(0, 3)) expect(line.length).toBeLessThanOrEqual(40);
});

test('hints in JSON are in words of commands, except for a model', async () => {
  const data = {
    health: 'unknown',
    checks: [],
    connection: { ...connection, next_step: 'Call validate_connection for "contoso".' },
  };
  const read = (text = '') => JSON.parse(text).response.data.connection.next_step;
  expect(read((await shown(data, {}, { format: 'json' })).out)).toBe('Run tenantry connections validate contoso.');
  expect(read((await shown(data, {}, { format: 'json', isAgent: true })).out)).toBe(
    'Call validate_connection for "contoso".',
  );
});

test('what the tenant says is not reworded', async () => {
  const data = { value: [{ displayName: 'Call complete_connection', hint: 'Call complete_connection.' }] };
  expect(JSON.parse((await shown(data, {}, { format: 'json' })).out ?? '').response.data).toEqual(data);
});

test.each(['json', 'csv', 'ndjson'] as const)('%s has hints of ours in words of the command line', async (format) => {
  const value = [{ name: 'contoso', health: 'unknown', next_step: 'Call validate_connection for "contoso".' }];
  const { out } = await shown({ value }, {}, { format });
  expect(out).toContain('Run tenantry connections validate contoso.');
  expect(out).not.toContain('validate_connection');
});
