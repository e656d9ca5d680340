import { withoutUndefined } from '../../base/without-undefined.ts';
import type { KeyMarks } from './key-ring.ts';

/** Names under which a store keeps what it says about its master key. */
export const markNames = {
  sealCheck: 'seal_check',
  keyCheck: 'key_check',
  rotating: 'rotating',
  fingerprintKey: 'fingerprint_key',
} as const satisfies Record<keyof KeyMarks, string>;

/** What a store says, from the rows of its table of facts. */
export function readKeyMarks(rows: readonly Readonly<Record<string, unknown>>[]): KeyMarks {
  const at = (name: string) => {
    const row = rows.find((one) => one['name'] === name);
    return row === undefined ? undefined : String(row['value']);
  };
  return withoutUndefined({
    sealCheck: at(markNames.sealCheck),
    keyCheck: at(markNames.keyCheck),
    rotating: at(markNames.rotating),
    fingerprintKey: at(markNames.fingerprintKey),
  });
}
