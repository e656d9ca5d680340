import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../../core/base/errors.ts';

// Where each of several lists stands: a cursor stands for all of their places at once.

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

/** A failure that is told again with every part of the list, and costs no request. */
export interface LastingFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

const continuationSchema = z.object({ places: z.array(placeSchema) });

/** The places behind a cursor, in the order of the connections. */
export function readPlaces(continuation: Readonly<Record<string, unknown>>): readonly Place[] {
  return continuationSchema.parse(continuation).places;
}

/** Whether something is left there that a cursor can lead to. */
export function isOpen({ kind }: Place): boolean {
  return kind === 'start' || kind === 'at';
}

/** The links of all places as one text, for whoever looks for secrets in the link of a list; undefined where nothing is left. */
export function linksOf(places: readonly Place[]): string | undefined {
  if (!places.some(isOpen)) return undefined;
  return places.map((place) => (place.kind === 'at' ? place.nextLink : place.kind)).join('\n');
}
