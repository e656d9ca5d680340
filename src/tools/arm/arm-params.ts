import { shortText, text } from '../params.ts';

// Parameters that the Azure Resource Manager tools share.

/** Resource ids stay far below this; what is longer is no address. */
const maxPathLength = 16_000;

export const path = shortText(maxPathLength).describe(
  '/subscriptions/…, resourceGroups/… in the own subscription, or an absolute URL of the same cloud.',
);

export const armApiVersion = text(
  /^(?:preview|\d{4}-\d{2}-\d{2}(?:-[A-Za-z0-9.-]{1,40})?)$/i,
  'use a date such as 2024-03-01 or 2024-03-01-preview, or preview for the newest of all',
).describe('Default: the newest stable one of the type; preview: the newest of all.');
