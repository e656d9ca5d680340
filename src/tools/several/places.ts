import { z } from 'zod';
import { errorCodes } from '../../core/base/errors.ts';

// Where each of several lists stands: a cursor stands for all of their places at once.

/** A failure that is told again with every part of the list, and costs no request. */
const failureSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
});

const placeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start') }),
  z.object({ kind: z.literal('at'), nextLink: z.string(), continuation: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('end') }),
  z.object({ kind: z.literal('failed'), failure: failureSchema }),
]);

/** Nothing is read yet; the next page; nothing is left; it failed in a way that will not pass by itself. */
export type Place = z.output<typeof placeSchema>;

const placesSchema = z.array(placeSchema);

/** Whether something is left there that a cursor can lead to. */
function isOpen({ kind }: Place): boolean {
  return kind === 'start' || kind === 'at';
}

/** All places, in the order of the connections, as what stands in for the link of a page; undefined where nothing is left. */
export function linkTo(places: readonly Place[]): string | undefined {
  return places.some(isOpen) ? JSON.stringify(places) : undefined;
}

/** The places behind such a link. */
export function readPlaces(link: string): readonly Place[] {
  return placesSchema.parse(JSON.parse(link));
}
