import { defineResource } from './define-resource.ts';

/** One reading of a stored result: well below what a stdio message may carry. */
const partBytes = 256 * 1024;

export const resultResource = defineResource({
  name: 'result',
  title: 'Stored result',
  description: 'A list that was too long for one answer, in parts; `next` is the address of the following part.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://results/{id}{?offset}',
  pattern: /^tenantry:\/\/results\/(?<id>[0-9a-f-]{36})(?:\?offset=(?<offset>\d{1,9}))?$/,
  async read({ id, offset }, { results, caller }) {
    const part = await results.read(id ?? '', caller, Number(offset ?? 0), partBytes);
    if (!part) return undefined;
    const next = part.position + part.items.length;
    return {
      items: part.result.items,
      offset: part.position,
      value: part.items,
      ...(next < part.result.items ? { next: `tenantry://results/${id}?offset=${next}` } : {}),
      // What is left at the service is reached with the cursor of the answer, not from here.
      complete: part.result.then === undefined,
    };
  },
});
