import { BlobServiceClient, RestError } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOf, openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let service: BlobServiceClient;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12');
  const url = tenant.cloud.data_plane['storage']?.replace('{account}', 'stcontosodata') ?? '';
  service = new BlobServiceClient(url, tenant.credential);
});
afterAll(() => tenant?.close());

/** Answers to a HEAD have no body: their code is in a header. */
const headRefused = (statusCode: number, errorCode: string) =>
  expect.objectContaining({ statusCode, details: expect.objectContaining({ errorCode }) });
const refused = (statusCode: number, code: string) => expect.objectContaining({ statusCode, code });

describe('@azure/storage-blob', () => {
  test('lists containers in pages, and reads the properties of one', async () => {
    const pages = await allOf(service.listContainers().byPage({ maxPageSize: 1 }));
    expect(pages.flatMap(({ containerItems }) => containerItems.map(({ name }) => name))).toEqual([
      'exports',
      'invoices',
    ]);
    const properties = await service.getContainerClient('invoices').getProperties();
    expect(properties).toMatchObject({ leaseStatus: 'unlocked', etag: expect.stringMatching(/^".+"$/) });
    expect(properties.lastModified?.toISOString()).toBe('2025-09-01T08:00:00.000Z');
  });

  test('reads the properties of the service', async () => {
    expect(await service.getProperties()).toMatchObject({
      hourMetrics: { enabled: false },
      deleteRetentionPolicy: { enabled: false },
    });
  });

  test('makes a container, writes a blob, reads its properties and its bytes, and deletes both', async () => {
    const container = service.getContainerClient('from-client');
    expect(await container.exists()).toBe(false);
    await container.create();
    const blob = container.getBlockBlobClient('reports/2026/März.txt');
    expect(await blob.exists()).toBe(false);
    await blob.upload('hello', 5, { blobHTTPHeaders: { blobContentType: 'text/plain' }, metadata: { origin: 'test' } });
    expect(await blob.getProperties()).toMatchObject({
      contentLength: 5,
      contentType: 'text/plain',
      blobType: 'BlockBlob',
      metadata: { origin: 'test' },
    });
    expect(String(await blob.downloadToBuffer())).toBe('hello');
    expect(String(await blob.downloadToBuffer(1, 3))).toBe('ell');
    const [listed] = await allOf(container.listBlobsFlat({ prefix: 'reports/' }));
    expect(listed).toMatchObject({ name: 'reports/2026/März.txt', properties: { contentLength: 5 } });
    await blob.delete();
    await expect(blob.getProperties()).rejects.toEqual(headRefused(404, 'BlobNotFound'));
    await container.delete();
    await expect(container.getProperties()).rejects.toEqual(refused(404, 'ContainerNotFound'));
  });

  test('keeps to conditions', async () => {
    const blob = service.getContainerClient('exports').getBlockBlobClient('once.txt');
    const { etag = '' } = await blob.upload('one', 3);
    const again = blob.upload('two', 3, { conditions: { ifNoneMatch: '*' } });
    await expect(again).rejects.toEqual(refused(409, 'BlobAlreadyExists'));
    await blob.upload('two', 3, { conditions: { ifMatch: etag } });
    const late = blob.upload('three', 5, { conditions: { ifMatch: etag } });
    await expect(late).rejects.toEqual(refused(412, 'ConditionNotMet'));
  });

  test('is told what is missing', async () => {
    const nowhere = new BlobServiceClient(service.url.replace('stcontosodata', 'stnobody'), tenant.credential);
    await expect(allOf(nowhere.listContainers())).rejects.toBeInstanceOf(RestError);
    await expect(service.getContainerClient('no').create()).rejects.toEqual(refused(400, 'OutOfRangeInput'));
    await expect(service.getContainerClient('No-Capitals').create()).rejects.toEqual(
      refused(400, 'InvalidResourceName'),
    );
    await expect(service.getContainerClient('exports').create()).rejects.toEqual(
      refused(409, 'ContainerAlreadyExists'),
    );
  });
});
