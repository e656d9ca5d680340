import { ClientSecretCredential } from '@azure/identity';
import { SearchClient, SearchIndexClient } from '@azure/search-documents';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';
import { allOf, openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let endpoint: string;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12');
  endpoint = tenant.cloud.data_plane['search']?.replace('{account}', 'srch-contoso-vectors') ?? '';
});
afterAll(() => tenant?.close());

const countWith = (index: string, credential = tenant.credential) =>
  new SearchClient(endpoint, index, credential).getDocumentsCount();

describe('@azure/search-documents', () => {
  test('lists the indexes by name and as a whole, reads one, and counts its documents', async () => {
    const client = new SearchIndexClient(endpoint, tenant.credential);
    expect(await allOf(client.listIndexesNames())).toEqual(['products', 'manuals']);
    expect((await allOf(client.listIndexes())).map(({ fields }) => fields.length)).toEqual([2, 2]);
    expect((await client.getIndex('products')).fields[0]).toMatchObject({ name: 'id', type: 'Edm.String', key: true });
    expect(await countWith('products')).toBe(0);
  });

  test('is told of an index that there is not, and of a role that is missing', async () => {
    await expect(countWith('nothing')).rejects.toMatchObject({ statusCode: 404 });
    const { tenantId, clientId, clientSecret } = seededCredentials('limited');
    const limited = new ClientSecretCredential(tenantId, clientId, clientSecret, tenant.authority);
    await expect(countWith('products', limited)).rejects.toMatchObject({ statusCode: 403 });
  });
});
