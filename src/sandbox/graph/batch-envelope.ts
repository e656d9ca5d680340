import { badRequest, GraphError } from './graph-error.ts';

/** An item of a batch, checked as far as the envelope goes. */
export interface BatchItem {
  readonly id: string;
  /** Lower-case id: ids are the same in any case. */
  readonly key: string;
  readonly method: string;
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Keys of the items that must succeed first. */
  readonly dependsOn: readonly string[];
}

export interface ParsedBatch {
  readonly items: readonly BatchItem[];
  readonly isSequential: boolean;
}

const maximumItems = 20;

/** Reads the envelope, or refuses the whole batch. Sources: "JSON batching", "Known issues with Microsoft Graph". */
export function parseBatch(bytes: Uint8Array): ParsedBatch {
  const envelope = parseJson(bytes);
  const requests = isRecord(envelope) ? envelope['requests'] : undefined;
  if (!Array.isArray(requests) || requests.length === 0) throw badRequest('Invalid batch payload format.');
  if (requests.length > maximumItems) {
    throw new GraphError(
      400,
      'MaximumValueExceeded',
      `Number of batch request steps exceeds the maximum value of ${maximumItems}.`,
    );
  }
  const items = requests.map(parseItem);
  const seen = new Set<string>();
  for (const { id, key, dependsOn } of items) {
    if (seen.has(key)) throw badRequest(`Request Id ${id} has to be unique in a batch.`);
    if (dependsOn.some((other) => !seen.has(other))) throw badRequest(`Invalid dependency for request Id ${id}.`);
    seen.add(key);
  }
  return { items, isSequential: checkDependencies(items) };
}

function parseItem(item: unknown): BatchItem {
  if (!isRecord(item)) throw badRequest('Invalid batch payload format.');
  const { id, method, url, headers = {}, body, dependsOn = [] } = item;
  if (
    typeof id !== 'string' ||
    id === '' ||
    typeof method !== 'string' ||
    typeof url !== 'string' ||
    !isRecord(headers)
  ) {
    throw badRequest('Invalid batch payload format.');
  }
  if (!Array.isArray(dependsOn)) throw badRequest('Invalid batch payload format.');
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const contentType = named['content-type'];
  const isWrite = ['POST', 'PUT', 'PATCH'].includes(method.toUpperCase());
  if ((isWrite && body === undefined) || (body !== undefined && !contentType)) {
    throw badRequest(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  return {
    id,
    key: id.toLowerCase(),
    method: method.toUpperCase(),
    url,
    headers: named,
    body: bytesOf(body, contentType ?? ''),
    dependsOn: dependsOn.map((other) => String(other).toLowerCase()),
  };
}

/** JSON stands in the envelope as it is, everything else as base64url text. */
function bytesOf(body: unknown, contentType: string): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (/^application\/json\b/i.test(contentType)) return Buffer.from(JSON.stringify(body));
  return typeof body === 'string' ? Buffer.from(body, 'base64url') : Buffer.from(JSON.stringify(body));
}

/**
 * Accepted shapes: nobody depends; each on the one before; all that depend, on the same one. Anything else is refused.
 */
function checkDependencies(items: readonly BatchItem[]): boolean {
  const dependent = items.filter(({ dependsOn }) => dependsOn.length > 0);
  if (dependent.length === 0) return false;
  const isSerial = items.every(({ dependsOn }, index) =>
    index === 0 ? dependsOn.length === 0 : dependsOn.length === 1 && dependsOn[0] === items[index - 1]?.key,
  );
  const isSame = dependent.every(
    ({ dependsOn }) => dependsOn.length === 1 && dependsOn[0] === dependent[0]?.dependsOn[0],
  );
  if (!isSerial && !isSame) throw badRequest('Batch should be either fully sequential or fully parallel.');
  return true;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw badRequest('Invalid batch payload format.');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
