import { mayUseAll } from '../core/connections/may-use.ts';
import { createCsvWriter } from '../core/results/csv.ts';
import type { StoredPart } from '../core/storage/result-store.ts';
import { defineResource, type ResourceContext, TextContents } from './define-resource.ts';

/** Size of one part of a stored result: well below the limit of a stdio message. */
const partBytes = 256 * 1024;

export const resultResource = defineResource({
  name: 'result',
  title: 'Stored result',
  description: 'A list that was too long for one answer, in parts; `next` is the address of the next part.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://results/{id}{?offset}',
  pattern: /^tenantry:\/\/results\/(?<id>[A-Za-z0-9_-]{16})(?:\?offset=(?<offset>\d{1,9}))?$/,
  // Ids are handles of answers: nobody types one.
  variables: { id: 'text', offset: 'text' },
  async read({ id, offset }, context) {
    const part = await readOwn(id, offset, context);
    if (!part) return undefined;
    const next = part.position + part.items.length;
    return {
      count: part.items.length,
      total: part.result.items,
      offset: part.position,
      value: part.items,
      ...(next < part.result.items ? { next: `tenantry://results/${id}?offset=${next}` } : {}),
      // The cursor of the answer, not this resource, leads to what is left at the service.
      complete: part.result.then === undefined && part.result.isPart !== true,
    };
  },
});

/** Of a connection that is shared no longer, nothing is shown of what it has answered: as if it were not there. */
async function readOwn(
  id: string | undefined,
  offset: string | undefined,
  { results, caller, connections }: ResourceContext,
): Promise<StoredPart | undefined> {
  const part = await results.read(id ?? '', caller.id, Number(offset ?? 0), partBytes);
  const from = part?.result.from ?? [];
  return part !== undefined && (await mayUseAll(from, caller, connections)) ? part : undefined;
}

/** The same of a list that is a table. The parts, one after the other, are the table: only the first has the header. */
export const tableResource = defineResource({
  name: 'table',
  title: 'Stored table',
  description:
    'A list that was too long for one answer, as CSV, in parts: `offset` is the number of rows before. `_meta` of the contents has the address of the next part.',
  mimeType: 'text/csv',
  uriTemplate: 'tenantry://results/{id}.csv{?offset}',
  pattern: /^tenantry:\/\/results\/(?<id>[A-Za-z0-9_-]{16})\.csv(?:\?offset=(?<offset>\d{1,9}))?$/,
  variables: { id: 'text', offset: 'text' },
  async read({ id, offset }, context) {
    const part = await readOwn(id, offset, context);
    if (part?.result.columns === undefined) return undefined;
    const { items, position, result } = part;
    const { header, row } = createCsvWriter(part.result.columns);
    const next = position + items.length;
    return new TextContents(`${position === 0 ? header : ''}${items.map(row).join('')}`, {
      'tenantry/offset': position,
      'tenantry/count': items.length,
      'tenantry/total': result.items,
      ...(next < result.items ? { 'tenantry/next': `tenantry://results/${id}.csv?offset=${next}` } : {}),
      'tenantry/complete': result.then === undefined && result.isPart !== true,
    });
  },
});
