import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { undoReceipt } from '../../../src/cli/undo/undo-receipt.ts';
import { failureOf } from '../../core/connections/support.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// An undo restores all of what the write changed, on the object that it changed, and says what it would take from others.

let tools: SandboxTools;
let user: { readonly id: string; readonly userPrincipalName: string; readonly jobTitle: string };

beforeAll(async () => {
  tools = await openSandboxTools({ policy: { receipts: true } });
});
afterAll(() => tools.close());
beforeEach(async () => {
  tools.sandbox.reset();
  tools.sandbox.placeObject('arm', 'operationStyle', { match: '*', retry_after: 0 });
  const $filter = 'onPremisesSyncEnabled ne true and accountEnabled eq true';
  const params = { $filter, $select: 'id,userPrincipalName,jobTitle', $top: 1 };
  const found = await tools.call('graph_query', { endpoint: '/users', params, auto_paginate: false });
  [user] = found.response.data.value;
});

const { signal } = new AbortController();
const undo = (id: string) => undoReceipt(id, { yes: true, signal, ask: async () => undefined }, tools.runtime);
const read = async (endpoint: string) => (await tools.call('graph_query', { endpoint })).response.data;
const graphWrite = (...requests: readonly object[]) => tools.call('graph_write', { requests });
const armWrite = (input: Readonly<Record<string, unknown>>) => tools.call('arm_write', input);
const receiptOf = ({ meta }: Awaited<ReturnType<typeof graphWrite>>): string => meta.undo.receipt;

describe('a PUT of Azure', () => {
  const path = () =>
    `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts/stexactly`;
  const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} };
  const tags = async () => (await tools.call('arm_query', { path: path(), limit: 1 })).response.data.tags;

  test('that only added something is not taken for undone', async () => {
    await armWrite({ method: 'PUT', path: path(), body: { ...body, tags: { a: '1' } } });
    const written = await armWrite({ method: 'PUT', path: path(), body: { ...body, tags: { a: '1', b: '2' } } });
    expect(await undo(receiptOf(written))).toMatchObject({ outcome: 'undone' });
    expect(await tags()).toEqual({ a: '1' });
  });

  test('does not take away what somebody has added since', async () => {
    await armWrite({ method: 'PUT', path: path(), body: { ...body, tags: { a: '1' } } });
    const written = await armWrite({ method: 'PUT', path: path(), body: { ...body, tags: { a: '2' } } });
    const properties = { tags: { theirs: 'x' } };
    const merged = { method: 'PATCH', path: `${path()}/providers/Microsoft.Resources/tags/default` };
    await armWrite({ ...merged, body: { operation: 'Merge', properties } });
    expect(await failureOf(undo(receiptOf(written)))).toMatchObject({ code: 'refused' });
    expect(await tags()).toMatchObject({ theirs: 'x' });
  });

  test('does not drop a setting that somebody has added since', async () => {
    await armWrite({ method: 'PUT', path: path(), body });
    const written = await armWrite({ method: 'PUT', path: path(), body: { ...body, tags: { a: '2' } } });
    const theirs = { properties: { allowedCopyScope: 'AAD' } };
    await armWrite({ method: 'PATCH', path: path(), body: theirs });
    expect(await failureOf(undo(receiptOf(written)))).toMatchObject({ code: 'refused' });
  });
});

describe('a PATCH of Graph', () => {
  test('that renamed the user is undone on the same user', async () => {
    const [, domain] = user.userPrincipalName.split('@');
    const endpoint = `/users/${user.userPrincipalName}`;
    const body = { userPrincipalName: `renamed@${domain}` };
    const written = await graphWrite({ method: 'PATCH', endpoint, body });
    expect(await undo(receiptOf(written))).toMatchObject({ outcome: 'undone' });
    expect(await read(`/users/${user.id}?$select=userPrincipalName`)).toMatchObject({
      userPrincipalName: user.userPrincipalName,
    });
  });

  test('does not write over what somebody has changed beside it since', async () => {
    const [app] = (await read('/applications?$select=id&$top=1')).value;
    const patch = (web: object) => ({ method: 'PATCH', endpoint: `/applications/${app.id}`, body: { web } });
    const homePageUrl = 'https://contoso.example/one';
    const written = await graphWrite(patch({ homePageUrl }));
    await graphWrite(patch({ homePageUrl, logoutUrl: 'https://contoso.example/theirs' }));
    expect(await failureOf(undo(receiptOf(written)))).toMatchObject({ code: 'refused' });
    expect((await read(`/applications/${app.id}?$select=web`)).web.logoutUrl).toContain('theirs');
  });

  test('that renamed the user does not go to another one who has got the name since', async () => {
    const [, domain] = user.userPrincipalName.split('@');
    const body = { userPrincipalName: `renamed@${domain}` };
    const written = await graphWrite({ method: 'PATCH', endpoint: `/users/${user.userPrincipalName}`, body });
    const [other] = (await read(`/users?$filter=startswith(userPrincipalName,'b')&$select=id&$top=1`)).value;
    const taken = { userPrincipalName: user.userPrincipalName };
    await graphWrite({ method: 'PATCH', endpoint: `/users/${other.id}`, body: taken });
    expect(await undo(receiptOf(written))).toMatchObject({ outcome: 'failed' });
    expect(await read(`/users/${other.id}?$select=userPrincipalName`)).toMatchObject(taken);
  });
});

test('what the same call has deleted afterwards is no change of somebody else', async () => {
  const endpoint = `/users/${user.id}`;
  const written = await graphWrite(
    { method: 'PATCH', endpoint, body: { jobTitle: 'Pilot' } },
    { method: 'DELETE', endpoint, depends_on: ['1'] },
  );
  expect(await undo(receiptOf(written))).toMatchObject({ outcome: 'undone', failed: [] });
  expect(await read(`${endpoint}?$select=jobTitle`)).toMatchObject({ jobTitle: user.jobTitle });
});

test('a member that was removed and that somebody has added again is no failure', async () => {
  const group = { displayName: 'exactly', mailEnabled: false, mailNickname: 'exactly', securityEnabled: true };
  const { response } = await graphWrite({ method: 'POST', endpoint: '/groups', body: group });
  const members = `/groups/${response.data.id}/members`;
  const body = { '@odata.id': `${tools.sandbox.cloud.graph}/v1.0/directoryObjects/${user.id}` };
  await graphWrite({ method: 'POST', endpoint: `${members}/$ref`, body });
  const removed = await graphWrite({ method: 'DELETE', endpoint: `${members}/${user.id}/$ref` });
  await graphWrite({ method: 'POST', endpoint: `${members}/$ref`, body });
  expect(await undo(receiptOf(removed))).toMatchObject({ failed: [] });
});
