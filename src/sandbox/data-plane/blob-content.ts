import { createHash } from 'node:crypto';
import { percentDecode } from '../base/read-request.ts';
import type { SandboxResponse } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import { type DataPlaneRoute, type SignedInCall, xmlText } from './data-plane-service.ts';

/** A block blob, kept until the sandbox is reset. */
interface Blob {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  /** Milliseconds on the sandbox clock. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Blobs by the id of their container and their name. */
export interface BlobContents {
  readonly routes: readonly DataPlaneRoute[];
  /** `<Blob>` elements of a container, by name. */
  list(containerId: string, prefix: string): string;
  /** The container is gone, with everything in it. */
  forget(containerId: string): void;
}

interface BlobContentsOptions {
  /** The id of the container in the path; throws when there is none, or when the caller lacks the data action. */
  readonly openContainer: (call: SignedInCall, action: 'read' | 'write' | 'delete') => string;
}

/**
 * Block blobs in one piece: Put Blob, Get Blob, Get Blob Properties, Delete Blob. Source: "Blob service REST API" of
 * Azure Storage. Block lists, leases, snapshots, versions and tiers are not modelled.
 */
export function createBlobContents({ openContainer }: BlobContentsOptions): BlobContents {
  const containers = new Map<string, Map<string, Blob>>();
  const blobsOf = (id: string) => {
    const blobs = containers.get(id) ?? new Map<string, Blob>();
    containers.set(id, blobs);
    return blobs;
  };
  const path = '/{container}/{blob}';
  const isFor = (query: URLSearchParams) => !query.has('comp');
  return {
    routes: [
      { method: 'PUT', path, isFor, handle: (call) => put(call, blobsOf(openContainer(call, 'write'))) },
      { method: 'GET', path, isFor, handle: (call) => read(call, blobsOf(openContainer(call, 'read'))) },
      { method: 'HEAD', path, isFor, handle: (call) => read(call, blobsOf(openContainer(call, 'read'))) },
      { method: 'DELETE', path, isFor, handle: (call) => remove(call, blobsOf(openContainer(call, 'delete'))) },
    ],
    list: (id, prefix) =>
      [...blobsOf(id).values()]
        .filter(({ name }) => name.startsWith(prefix))
        .sort((left, right) => (left.name < right.name ? -1 : 1))
        .map(element)
        .join(''),
    forget: (id) => void containers.delete(id),
  };
}

function nameOf({ params }: SignedInCall): string {
  return percentDecode(params['blob'] ?? '', () => {
    throw new Refusal(400, 'InvalidUri', 'The requested URI does not represent any resource on the server.');
  });
}

function put(call: SignedInCall, blobs: Map<string, Blob>): SandboxResponse {
  const { request, context } = call;
  const { headers, body } = request;
  const type = headers['x-ms-blob-type'];
  if (type === undefined) {
    const message = 'An HTTP header that is mandatory for this request is not specified.';
    throw new Refusal(400, 'MissingRequiredHeader', message);
  }
  if (type !== 'BlockBlob') throw new Refusal(501, 'NotImplemented', `The sandbox does not emulate a ${type}.`);
  const name = nameOf(call);
  const old = blobs.get(name);
  if (old && headers['if-none-match'] === '*') {
    throw new Refusal(409, 'BlobAlreadyExists', 'The specified blob already exists.');
  }
  checkMatch(headers['if-match'], old);
  const now = context.clock.now();
  const blob: Blob = {
    name,
    bytes: body,
    contentType: headers['x-ms-blob-content-type'] ?? headers['content-type'] ?? 'application/octet-stream',
    etag: `"0x${createHash('sha1').update(context.newId()).digest('hex').slice(0, 15).toUpperCase()}"`,
    createdAt: old?.createdAt ?? now,
    modifiedAt: now,
    metadata: metadataIn(headers),
  };
  blobs.set(name, blob);
  return {
    status: 201,
    headers: { ...stampsOf(blob), 'content-md5': md5Of(blob), 'x-ms-request-server-encrypted': 'true' },
  };
}

function metadataIn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-ms-meta-')));
}

function checkMatch(wanted: string | undefined, blob: Blob | undefined): void {
  if (wanted === undefined || (blob && (wanted === '*' || wanted === blob.etag))) return;
  const message = 'The condition specified using HTTP conditional header(s) is not met.';
  throw new Refusal(412, 'ConditionNotMet', message);
}

function find(call: SignedInCall, blobs: ReadonlyMap<string, Blob>): Blob {
  const blob = blobs.get(nameOf(call));
  if (!blob) throw new Refusal(404, 'BlobNotFound', 'The specified blob does not exist.');
  checkMatch(call.request.headers['if-match'], blob);
  return blob;
}

function read(call: SignedInCall, blobs: ReadonlyMap<string, Blob>): SandboxResponse {
  const blob = find(call, blobs);
  const { request } = call;
  if (request.headers['if-none-match'] === blob.etag) return { status: 304, headers: stampsOf(blob) };
  const headers = {
    ...stampsOf(blob),
    ...blob.metadata,
    'content-type': blob.contentType,
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-creation-time': httpDate(blob.createdAt),
    'x-ms-lease-status': 'unlocked',
    'x-ms-lease-state': 'available',
    'x-ms-server-encrypted': 'true',
  };
  const whole = blob.bytes.length;
  if (request.method === 'HEAD') {
    return { status: 200, headers: { ...headers, 'content-length': String(whole), 'content-md5': md5Of(blob) } };
  }
  const [, first, last] =
    /^bytes=(\d+)-(\d*)$/.exec(request.headers['x-ms-range'] ?? request.headers['range'] ?? '') ?? [];
  if (first === undefined) {
    return { status: 200, headers: { ...headers, 'content-md5': md5Of(blob) }, body: blob.bytes };
  }
  const [from, to] = [Number(first), Math.min(last ? Number(last) : whole - 1, whole - 1)];
  if (from > to) {
    throw new Refusal(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.', {
      'content-range': `bytes */${whole}`,
    });
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${to}/${whole}`, 'x-ms-blob-content-md5': md5Of(blob) },
    body: blob.bytes.subarray(from, to + 1),
  };
}

function remove(call: SignedInCall, blobs: Map<string, Blob>): SandboxResponse {
  blobs.delete(find(call, blobs).name);
  return { status: 202, headers: { 'x-ms-delete-type-permanent': 'true' } };
}

function element(blob: Blob): string {
  const properties = [
    ['Creation-Time', httpDate(blob.createdAt)],
    ['Last-Modified', httpDate(blob.modifiedAt)],
    ['Etag', blob.etag.replaceAll('"', '')],
    ['Content-Length', String(blob.bytes.length)],
    ['Content-Type', blob.contentType],
    ['Content-MD5', md5Of(blob)],
    ['BlobType', 'BlockBlob'],
    ['LeaseStatus', 'unlocked'],
    ['LeaseState', 'available'],
    ['ServerEncrypted', 'true'],
  ].map(([name, value = '']) => `<${name}>${xmlText(value)}</${name}>`);
  return `<Blob><Name>${xmlText(blob.name)}</Name><Properties>${properties.join('')}</Properties></Blob>`;
}

function stampsOf({ etag, modifiedAt }: Pick<Blob, 'etag' | 'modifiedAt'>): Record<string, string> {
  return { etag, 'last-modified': httpDate(modifiedAt) };
}

function md5Of({ bytes }: Blob): string {
  return createHash('md5').update(bytes).digest('base64');
}

function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
