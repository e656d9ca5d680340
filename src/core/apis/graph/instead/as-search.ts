import type { DirectoryType } from '../advanced/directory-path.ts';
import type { Condition } from './conditions.ts';

/**
 * Properties that `$search` looks in, by type; on all others it is refused.
 * https://learn.microsoft.com/graph/search-query-parameter#using-search-on-directory-object-collections
 */
const searchable: Readonly<Partial<Record<DirectoryType, readonly string[]>>> = {
  administrativeUnit: ['displayName', 'description'],
  application: ['displayName', 'description'],
  device: ['displayName'],
  directoryObject: ['displayName'],
  group: ['displayName', 'description', 'mail', 'mailNickname'],
  orgContact: ['displayName', 'mail', 'givenName', 'surname'],
  servicePrincipal: ['displayName', 'description'],
  user: ['displayName', 'mail', 'userPrincipalName', 'givenName', 'surname', 'otherMails'],
};

/** Conditions with `contains` as a `$search`; undefined where one is something else, or its property is not searched. */
export function asSearch(condition: Condition, type: DirectoryType): string | undefined {
  if (condition.kind === 'all' || condition.kind === 'any') {
    const parts = condition.parts.map((part) => asSearch(part, type));
    if (parts.includes(undefined)) return undefined;
    return condition.kind === 'all' ? parts.join(' AND ') : `(${parts.join(' OR ')})`;
  }
  if (condition.kind !== 'test' || condition.operator !== 'contains') return undefined;
  const { property, values } = condition;
  const name = searchable[type]?.find((known) => known.toLowerCase() === property.toLowerCase());
  const [words] = values;
  return name === undefined || typeof words !== 'string' || words.trim() === '' ? undefined : clause(name, words);
}

/** Bare words as a `$search` of names; undefined where there are clauses already, or names are not searched. */
export function asNameSearch(words: string, type: DirectoryType): string | undefined {
  const bare = words
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
  const isBare = bare !== '' && !/[":]|\s(?:and|or)\s/i.test(bare);
  return isBare && searchable[type]?.includes('displayName') ? clause('displayName', bare) : undefined;
}

/** Inside of its quotes a clause escapes both `"` and `\`. */
function clause(property: string, words: string): string {
  return `"${property}:${words.replace(/["\\]/g, '\\$&')}"`;
}
