import type { ConnectionToolContext } from '../define-tool.ts';
import { shortText, text } from '../params.ts';

/** Resource ids are far shorter; anything longer is not an address. */
const maxPathLength = 16_000;

export const path = shortText(maxPathLength).describe(
  '/subscriptions/…, resourceGroups/… in its own subscription, or a whole URL.',
);

export const armApiVersion = text(
  /^(?:preview|\d{4}-\d{2}-\d{2}(?:-[A-Za-z0-9.-]{1,40})?)$/i,
  'use a date such as 2024-03-01 or 2024-03-01-preview, or preview for the newest of all',
).describe('Default: the newest stable one of the type; preview: the newest of all.');

/** Stands for the id of the connection's subscription, as in `az rest`. */
const placeholder = /\{subscription(?:_?id)?\}/gi;

/** Collections of a subscription that have no namesake at the tenant's root. */
const belowSubscription = /^\/?(?:resourcegroups|resources)(?:[/?]|$)/i;

/** The full address: the connection's subscription is filled in where the caller left it out. */
export function completePath(path: string, { arm, call }: Pick<ConnectionToolContext, 'arm' | 'call'>): string {
  const given = path.trim();
  const filled = given.replace(placeholder, () => arm.subscriptionPath.slice('/subscriptions/'.length));
  if (!belowSubscription.test(filled)) return filled;
  const complete = `${arm.subscriptionPath}/${filled.replace(/^\//, '')}`;
  call.note(`The path was read in the subscription of the connection: ${arm.subscriptionPath}.`);
  return complete;
}

/** An address and its query, which begins after `?`. */
export function splitQuery(path: string): { readonly resource: string; readonly query: URLSearchParams } {
  const at = path.indexOf('?');
  return at < 0
    ? { resource: path, query: new URLSearchParams() }
    : { resource: path.slice(0, at), query: new URLSearchParams(path.slice(at + 1)) };
}
