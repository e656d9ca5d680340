import { expect, test } from 'vitest';
import { handleMail } from '../../../../src/sandbox/graph/mail/mail-handler.ts';
import { callGraph, createTestContext, type TestContext } from '../../support/test-context.ts';

interface Page {
  readonly value: readonly Readonly<Record<string, unknown>>[];
  readonly '@odata.nextLink'?: string;
  readonly '@odata.count'?: number;
}

const setup = () => {
  const context = createTestContext();
  const [chief] = context.store.scan('user');
  return { context, user: chief?.entity.id ?? '' };
};

async function get(context: TestContext, path: string, headers: Record<string, string> = {}) {
  const response = await callGraph(handleMail, context, 'GET', path, { headers });
  return { ...response, page: response.body as Page };
}

test('messages come ten at a time, newest first, until there is no next link', async () => {
  const { context, user } = setup();
  const first = await get(context, `/users/${user}/messages`);
  expect(first.page.value).toHaveLength(10);
  expect(first.page['@odata.nextLink']).toContain('$skip=10');
  const dates = first.page.value.map((message) => String(message['receivedDateTime']));
  expect(dates).toEqual(dates.toSorted().reverse());
  const ids = new Set<unknown>();
  let path: string | undefined = `/users/${user}/messages?$top=25&$select=subject`;
  while (path) {
    const { page } = await get(context, path);
    for (const { id } of page.value) ids.add(id);
    path = page['@odata.nextLink']?.replace(/^.*\/v1\.0/, '');
  }
  expect(ids.size).toBe(64);
});

test('$top goes up to 1000, and no further', async () => {
  const { context, user } = setup();
  expect((await get(context, `/users/${user}/messages?$top=1000`)).page.value).toHaveLength(64);
  await expect(get(context, `/users/${user}/messages?$top=1001`)).rejects.toMatchObject({
    status: 400,
    code: 'BadRequest',
  });
});

test('a count needs no header', async () => {
  const { context, user } = setup();
  expect(
    (await get(context, `/users/${user}/mailFolders/inbox/messages?$count=true&$top=1`)).page['@odata.count'],
  ).toBe(44);
  expect((await get(context, `/users/${user}/mailFolders/inbox/messages/$count`)).body).toBe('44');
});

test('folders are found by id and by well-known name', async () => {
  const { context, user } = setup();
  const { page } = await get(context, `/users/${user}/mailFolders?$top=20`);
  const inbox = page.value.find(({ displayName }) => displayName === 'Inbox');
  expect(page.value).toHaveLength(8);
  expect((await get(context, `/users/${user}/mailFolders/${inbox?.['id']}`)).body).toMatchObject({
    displayName: 'Inbox',
    totalItemCount: 44,
  });
  expect((await get(context, `/users/${user}/mailFolders/Inbox`)).body).toMatchObject({ id: inbox?.['id'] });
});

test('a filter selects, and sorting must follow the order of the filter', async () => {
  const { context, user } = setup();
  const unread = await get(context, `/users/${user}/mailFolders/inbox/messages?$filter=isRead eq false&$top=100`);
  expect(unread.page.value).toHaveLength(9);
  const sorted = `$filter=receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc`;
  expect((await get(context, `/users/${user}/messages?${sorted}`)).status).toBe(200);
  await expect(
    get(context, `/users/${user}/messages?$filter=isRead eq false&$orderby=receivedDateTime`),
  ).rejects.toMatchObject({ code: 'InefficientFilter' });
});

test('search stands alone', async () => {
  const { context, user } = setup();
  const { page } = await get(context, `/users/${user}/messages?$search="subject:invoice"&$top=100`);
  expect(page.value.length).toBeGreaterThan(0);
  expect(page.value.every(({ subject }) => String(subject).toLowerCase().includes('invoice'))).toBe(true);
  await expect(get(context, `/users/${user}/messages?$search="x"&$filter=isRead eq true`)).rejects.toMatchObject({
    code: 'SearchWithFilter',
  });
  await expect(get(context, `/users/${user}/messages?$search="x"&$orderby=subject`)).rejects.toMatchObject({
    code: 'SearchWithOrderBy',
  });
});

test('expanding what the schema does not allow is refused', async () => {
  const { context, user } = setup();
  await expect(get(context, `/users/${user}/messages?$expand=Photo`)).rejects.toMatchObject({
    code: 'ExpandNotSupported',
    message: "Expand is not allowed for property 'Photo' according to the entity schema.",
  });
});

test('immutable ids are another kind: each kind is found only with its own preference', async () => {
  const { context, user } = setup();
  const immutable = { prefer: 'IdType="ImmutableId"' };
  const usual = (await get(context, `/users/${user}/messages?$top=1`)).page.value[0]?.['id'];
  const list = await get(context, `/users/${user}/messages?$top=1`, immutable);
  const stable = list.page.value[0]?.['id'];
  expect(stable).not.toBe(usual);
  expect(list.headers).toMatchObject({ 'preference-applied': 'IdType="ImmutableId"' });
  expect((await get(context, `/users/${user}/messages/${stable}`, immutable)).body).toMatchObject({ id: stable });
  expect((await get(context, `/users/${user}/messages/${usual}`)).body).toMatchObject({ id: usual });
  await expect(get(context, `/users/${user}/messages/${stable}`)).rejects.toMatchObject({
    status: 404,
    code: 'ErrorItemNotFound',
  });
  await expect(get(context, `/users/${user}/messages/abc`)).rejects.toMatchObject({
    status: 400,
    code: 'ErrorInvalidIdMalformed',
  });
});

test('bodies come as text when text is preferred, and pages as long as preferred', async () => {
  const { context, user } = setup();
  const headers = { prefer: 'outlook.body-content-type="text", odata.maxpagesize=3' };
  const { page } = await get(context, `/users/${user}/messages`, headers);
  expect(page.value).toHaveLength(3);
  expect(page.value[0]?.['body']).toMatchObject({ contentType: 'text', content: expect.not.stringContaining('<') });
});

test('the basic permission shows no text', async () => {
  const { context, user } = setup();
  const basic = { ...context, caller: { ...context.caller, roles: ['Mail.ReadBasic.All'] } };
  const { body } = await callGraph(handleMail, basic, 'GET', `/users/${user}/messages?$top=1`);
  expect((body as Page).value[0]).toMatchObject({ subject: expect.any(String), bodyPreview: null });
  expect(JSON.stringify(body)).not.toContain('please see the notes');
});

test('people without an Exchange plan have no mailbox', async () => {
  const { context } = setup();
  const guest = [...context.store.scan('user')].find(({ entity }) => entity['userType'] === 'Guest')?.entity.id;
  await expect(get(context, `/users/${guest}/messages`)).rejects.toMatchObject({
    status: 404,
    code: 'MailboxNotEnabledForRESTAPI',
  });
  await expect(get(context, '/users/nobody@contoso.example/messages')).rejects.toMatchObject({
    status: 404,
    code: 'ErrorInvalidUser',
  });
});

test('sent mail is accepted without a body, kept, and delivered to people of the tenant', async () => {
  const { context, user } = setup();
  const [, , colleague] = [...context.store.scan('user')].filter(({ entity }) =>
    JSON.stringify(entity['assignedPlans']).includes('efb87545-963c-4e0d-99df-69c6916d9eb0'),
  );
  const message = {
    subject: 'Marked',
    body: { contentType: 'Text', content: 'Hi' },
    toRecipients: [{ emailAddress: { address: colleague?.entity['mail'] } }],
  };
  expect(await callGraph(handleMail, context, 'POST', `/users/${user}/sendMail`, { body: { message } })).toEqual({
    status: 202,
  });
  const search = '$search="subject:Marked"';
  expect((await get(context, `/users/${user}/mailFolders/sentitems/messages?${search}`)).page.value).toHaveLength(1);
  expect(
    (await get(context, `/users/${colleague?.entity.id}/mailFolders/inbox/messages?${search}`)).page.value,
  ).toHaveLength(1);
  await expect(
    callGraph(handleMail, context, 'POST', `/users/${user}/sendMail`, { body: { message: { subject: 'x' } } }),
  ).rejects.toMatchObject({ code: 'ErrorInvalidRecipients' });
});

test('reading a mailbox creates nothing: its folders have the same ids before and after the first message', async () => {
  const { context, user } = setup();
  const plans = context.store.get('user', user);
  const id = '00000000-0000-4000-8000-0000000000aa';
  context.store.insert('user', {
    id,
    displayName: 'New',
    mail: 'new@contoso.example',
    userPrincipalName: 'new@contoso.example',
    assignedLicenses: plans?.['assignedLicenses'],
    assignedPlans: plans?.['assignedPlans'],
  });
  const { sequence } = context.store;
  const folders = () => get(context, `/users/${id}/mailFolders?$top=20&$select=displayName`);
  const before = (await folders()).page.value;
  expect(before).toHaveLength(8);
  expect((await get(context, `/users/${id}/mailFolders/${before[4]?.['id']}`)).body).toMatchObject({
    displayName: 'Inbox',
    totalItemCount: 0,
  });
  expect((await get(context, `/users/${id}/messages`)).page.value).toEqual([]);
  expect(context.store.sequence).toBe(sequence);

  const message = { subject: 'Hello', toRecipients: [{ emailAddress: { address: 'new@contoso.example' } }] };
  await callGraph(handleMail, context, 'POST', `/users/${user}/sendMail`, { body: { message } });
  expect((await folders()).page.value).toEqual(before);
  expect((await get(context, `/users/${id}/mailFolders/inbox/messages`)).page.value).toMatchObject([
    { subject: 'Hello' },
  ]);
});
