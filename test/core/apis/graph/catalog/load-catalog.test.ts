import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { loadGraphCatalog } from '../../../../../src/core/apis/graph/catalog/load-catalog.ts';
import { walkPath } from '../../../../../src/core/apis/graph/catalog/walk-path.ts';

const artefact = new URL('../../../../../src/core/apis/graph/catalog/graph-catalog.generated.json', import.meta.url);

test('the catalog takes at most 130 kB gzipped, and says where it comes from and of when', async () => {
  expect(gzipSync(readFileSync(artefact)).length).toBeLessThanOrEqual(130_000);
  const { source } = await loadGraphCatalog();
  expect(source).toMatch(/^Microsoft Graph, \d{4}-\d{2}: .*microsoft-graph-devx-content.*msgraph-metadata.*MIT/);
});

test('every operation is found by its own path, and v1.0 has the path of each that is not beta only', async () => {
  const { operations, types } = await loadGraphCatalog();
  const all = [...operations.all()];
  expect(all.length).toBeGreaterThan(6_000);
  expect(all.filter(({ method, path }) => operations.find(method, path)?.path !== path)).toEqual([]);
  expect(all.filter(({ path, isBetaOnly }) => !isBetaOnly && !walkPath(types, path).isKnown)).toEqual([]);
});

test('every operation is possible for apps or for people, and every named permission is known', async () => {
  const { operations, permission } = await loadGraphCatalog();
  const choices = [...operations.all()].map(({ application, delegated }) => [application, delegated]);
  expect(choices.filter((uses) => uses.every(({ least }) => least.length === 0))).toEqual([]);
  const names = new Set(choices.flat().flatMap(({ least, accepted }) => [...least, ...accepted]));
  expect([...names].filter((name) => permission(name)?.name !== name)).toEqual([]);
});

test('a permission has the id by which it is granted to apps, where apps can have it', async () => {
  const { permission } = await loadGraphCatalog();
  expect(permission('user.read.all')).toMatchObject({
    name: 'User.Read.All',
    appRoleId: 'df021288-bdef-4463-88db-98f22de89214',
  });
  expect(permission('Directory.AccessAsUser.All')).not.toHaveProperty('appRoleId');
  expect(permission('constructor')).toBeUndefined();
});

test.each([
  ['GET', '/groups/{id}/conversations', 'Group-Conversation.Read.All'],
  ['GET', '/identityGovernance/lifecycleWorkflows/workflows', 'LifecycleWorkflows-Workflow.ReadBasic.All'],
  ['POST', '/domains/{id}/federationConfiguration', 'Domain-InternalFederation.ReadWrite.All'],
  // Of these, only a part is opened by the name that is marked, or others are marked too.
  ['GET', '/security/auditLog/queries', 'AuditLogsQuery.Read.All'],
  ['GET', '/groups', 'Group.ReadBasic.All'],
  ['PATCH', '/users/{id}', 'User.ReadWrite.All'],
] as const)('%s %s takes %s, whose name may have a hyphen', async (method, path, least) => {
  expect((await loadGraphCatalog()).operations.find(method, path)?.application.least).toEqual([least]);
});
