import { invalidArgument } from '../../base/errors.ts';
import { parseForSending } from '../../base/exact-json.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest } from '../../http/api-client.ts';
import type { BatchEntry, BatchItem, BatchOptions, WireItem } from '../../http/batch/batch-item.ts';
import type { Repeatability } from '../../http/exchange.ts';
import { checkHeaders } from '../../http/pipeline.ts';
import { pathSegments } from './advanced/directory-path.ts';
import { findHeader } from './advanced/plan-query.ts';
import { isReadOnlyPost } from './graph-descriptor.ts';
import { mailboxOf } from './limits/charges.ts';
import { refuseObjectDeletion } from './refuse-object-deletion.ts';

export interface PrepareOptions {
  readonly client: ApiClient;
  /** Adds what an advanced query lacks. */
  plan(request: ApiRequest): ApiRequest;
  readonly batch: BatchOptions;
  /** `settings.default_content_type`. */
  readonly contentType: string;
}

interface EncodedBody {
  readonly body: unknown;
  readonly contentType: string;
}

function isJson(contentType: string): boolean {
  return /\bjson\b/i.test(contentType);
}

function parseJsonText(text: string): unknown {
  try {
    return parseForSending(text);
  } catch {
    throw invalidArgument(
      'The body of a batch item is marked as JSON and is not valid JSON.',
      'Pass an object, or name the real Content-Type in the headers of the item.',
    );
  }
}

/** JSON is sent as an object, everything else as base64url. https://learn.microsoft.com/graph/json-batching#request-format */
function encodeBody(body: unknown, contentType: string): EncodedBody {
  if (body instanceof Uint8Array) {
    return {
      body: Buffer.from(body).toString('base64url'),
      contentType: isJson(contentType) ? 'application/octet-stream' : contentType,
    };
  }
  if (typeof body !== 'string') return { body: body ?? {}, contentType };
  return isJson(contentType)
    ? { body: parseJsonText(body), contentType }
    : { body: Buffer.from(body, 'utf8').toString('base64url'), contentType };
}

/** A write must have a body and its type, even when the action takes none. */
function encodeItem({ method, body, headers }: ApiRequest, defaultType: string): Pick<WireItem, 'headers' | 'body'> {
  const isWrite = method === 'POST' || method === 'PATCH' || method === 'PUT';
  if (!isWrite) return headers === undefined ? {} : { headers };
  const given = findHeader(headers, 'content-type');
  const encoded = encodeBody(body, given ?? defaultType);
  const others = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-type');
  return { headers: { ...Object.fromEntries(others), 'Content-Type': encoded.contentType }, body: encoded.body };
}

function repeatabilityOf(request: ApiRequest): Repeatability {
  const { method, path, body } = request;
  if (method === 'GET' || method === 'HEAD') return 'safe';
  if (method !== 'POST') return 'idempotent';
  return isReadOnlyPost({ wirePath: path.split('?', 1)[0] ?? '', body }) ? 'safe' : 'once';
}

function readIds(items: readonly BatchItem[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [index, { id = String(index + 1) }] of items.entries()) {
    const key = id.toLowerCase();
    if (ids.has(key)) {
      throw invalidArgument(
        `Two requests of the batch have the id "${id}".`,
        'Give every request its own id; case does not count.',
      );
    }
    ids.set(key, index);
  }
  return ids;
}

function readDependencies(item: BatchItem, index: number, ids: ReadonlyMap<string, number>): number[] {
  return [...new Set(item.dependsOn ?? [])].map((id) => {
    const needed = ids.get(id.toLowerCase());
    if (needed === undefined || needed >= index) {
      throw invalidArgument(
        `Request ${item.id ?? index + 1} depends on "${id}", which is not an earlier request of the batch.`,
        'Put the request that is needed first, and name it by its id.',
      );
    }
    return needed;
  });
}

/** The root as every URL of this API begins, without a version. */
function rootOf(client: ApiClient): string {
  return client.resolveUrl({ path: '/$batch' }).replace(/\/[^/]+\/\$batch$/, '');
}

interface Placed {
  readonly apiVersion: string;
  /** Below the version. */
  readonly local: string;
}

/** Where an address is below the root; undefined for another root, and for a batch itself. */
function placeOf(absolute: string, root: string): Placed | undefined {
  const [, apiVersion, local] =
    (absolute.startsWith(`${root}/`) && /^\/([^/?]+)(\/.*)$/s.exec(absolute.slice(root.length))) || [];
  if (apiVersion === undefined || local === undefined || pathSegments(local)[0] === '$batch') return undefined;
  return { apiVersion, local };
}

function withPrefer(request: ApiRequest, prefer: string | undefined): ApiRequest {
  return prefer === undefined || findHeader(request.headers, 'prefer') !== undefined
    ? request
    : { ...request, headers: { ...request.headers, Prefer: prefer } };
}

/**
 * Turns the caller's items into entries of the executor: checked, planned like single requests, addressed relative to
 * the version root. Throws `invalid_argument` or `refused` before anything is sent.
 */
export function prepareBatch(items: readonly BatchItem[], options: PrepareOptions): BatchEntry[] {
  const { client, batch, contentType } = options;
  const { apiVersion, prefer } = batch;
  const ids = readIds(items);
  const root = rootOf(client);
  return items.map((item, index) => {
    const { id = String(index + 1), method, url, params, headers, body, verbatim } = item;
    checkHeaders(headers ?? {});
    const plain: ApiRequest = {
      method,
      path: url,
      ...withoutUndefined({ params, headers, body, apiVersion, verbatim }),
    };
    const request = withPrefer(options.plan(plain), prefer);
    const absolute = client.resolveUrl(request);
    refuseObjectDeletion(method, absolute);
    const placed = placeOf(absolute, root);
    if (placed === undefined) {
      throw invalidArgument(
        `Request ${id} cannot go into a batch: its address is a batch itself.`,
        'Pass the requests that are in it.',
      );
    }
    const { local } = placed;
    return {
      index,
      wire: { id, method, url: local, ...encodeItem(request, contentType) },
      request,
      repeatability: repeatabilityOf(request),
      dependsOn: readDependencies(item, index, ids),
      apiVersion: placed.apiVersion,
      lane: mailboxOf(pathSegments(local)),
      attempts: 0,
      progressSeen: 0,
      notBefore: 0,
      lastAnswer: undefined,
      result: undefined,
    };
  });
}
