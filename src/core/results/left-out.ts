import { isRecord } from '../base/guards.ts';
import type { LeftOut, MembersWith } from './tool-outcome.ts';

/** More names say nothing more, and would need the room that they were left out for. */
const mostNames = 8;

export interface MissingMembers {
  /** Percent of all bytes, by name. */
  readonly members: Readonly<Record<string, number>>;
  /** How many members were left out because they are null or empty in all items. */
  readonly empty?: number;
}

/** What `meta.left_out` says: the largest members with their share, and how to get them. Undefined when nothing is missing. */
export function describeLeftOut(
  { members, empty = 0 }: MissingMembers,
  sample: unknown,
  membersWith: MembersWith | undefined,
  isList: boolean,
): LeftOut | undefined {
  const all = Object.entries(members).sort((a, b) => b[1] - a[1]);
  if (all.length === 0) return empty === 0 ? undefined : { empty };
  const named = all.slice(0, mostNames).map(([name, share]): [string, number] => [name.slice(0, 80), share]);
  const others = all.slice(mostNames);
  if (others.length > 0) named.push([`${others.length} others`, others.reduce((sum, [, share]) => sum + share, 0)]);
  const names = all.slice(0, mostNames).map(([name]) => name);
  const key = isRecord(sample) ? ['id', 'name', 'displayName'].find((one) => sample[one] !== undefined) : undefined;
  const wanted = [...(key === undefined || names.includes(key) ? [] : [key]), ...names];
  const bringBack = membersWith && waysBack[membersWith](wanted, isList);
  return {
    members: Object.fromEntries(named),
    ...(empty === 0 ? {} : { empty }),
    ...(bringBack === undefined || bringBack.length > 400 ? {} : { bring_back: bringBack }),
  };
}

const waysBack: Readonly<Record<MembersWith, (names: readonly string[], isList: boolean) => string>> = {
  // Of a nested member, $select names the top.
  $select: (names) => `$select=${[...new Set(names.map((name) => name.split('.')[0]))].join(',')}`,
  project: (names, isList) => {
    const parts = names.map(
      (name) => `${quotedKey(name.split('.').at(-1) ?? name)}:${name.split('.').map(quotedKey).join('.')}`,
    );
    return `project=${isList ? 'value[].' : ''}{${parts.join(',')}}`;
  },
};

/** A name as JMESPath wants it. */
function quotedKey(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
