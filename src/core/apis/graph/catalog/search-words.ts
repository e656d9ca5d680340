// The words of a question, of a path, of a permission, made comparable: one spelling for what means the same.

/** What people write in several ways, before words are taken apart. Longer texts first. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\b(?:multi|two)[- ]?factor(?: authentication)?\b|\b2fa\b/g, ' mfa '],
  [/\b(?:sign|log)(?:ed|ged|s)?[- ]?(?:ins?|ons?)\b|\blog(?:in|on)s?\b/g, ' signin '],
  [/\bout[- ]of[- ]office\b|\bautomatic repl(?:y|ies)\b/g, ' automaticreplies '],
  [/\benterprise app(?:lication)?s?\b|\bservice principals?\b/g, ' serviceprincipal '],
  [/\bapp(?:lication)? registrations?\b/g, ' application '],
  [/\b(?:api|application|app) permissions?\b/g, ' apppermission '],
  [/\bone drive\b/g, ' onedrive '],
  [/\be-?mails?\b/g, ' mail '],
  [/\bmicrosoft 365\b|\boffice 365\b|\bm365\b|\bo365\b/g, ' microsoft365 '],
  [/\brecycle bin\b/g, ' deleted '],
  [/\bbring back\b/g, ' restore '],
];

/** Most names have no part of a phrase, and there are thousands of names. */
const mayHavePhrase = /factor|2fa|sign|log|office|automatic|enterprise|service p|app|one drive|mail|365|bin|back/;

const sameMeaning: Readonly<Record<string, string>> = {
  account: 'user',
  accounts: 'user',
  people: 'user',
  person: 'user',
  persons: 'user',
  employee: 'user',
  employees: 'user',
  staff: 'user',
  someone: 'user',
  somebody: 'user',
  licence: 'license',
  licences: 'license',
  computer: 'device',
  computers: 'device',
  laptop: 'device',
  laptops: 'device',
  pc: 'device',
  pcs: 'device',
  app: 'application',
  apps: 'application',
  administrator: 'admin',
  administrators: 'admin',
  add: 'create',
  new: 'create',
  make: 'create',
  register: 'create',
  remove: 'delete',
  erase: 'delete',
  change: 'update',
  edit: 'update',
  modify: 'update',
  set: 'update',
  rename: 'update',
  block: 'disable',
  deactivate: 'disable',
  kick: 'delete',
  vacation: 'automaticreplies',
  holiday: 'automaticreplies',
  space: 'storage',
  undelete: 'restore',
  recover: 'restore',
  documents: 'file',
  document: 'file',
  organisation: 'organization',
};

const fillers: ReadonlySet<string> = new Set(
  (
    'a an the of in on for to from with is are was were be been has have had does do did my our their his her its it this ' +
    'that there i we you me all any some by and or not how what which who whom where when whose can could should want ' +
    'need please at as into about if so than then them they he she us get list show find read see view give graph api ' +
    'microsoft value id tenant one'
  ).split(' '),
);

/** Drops what grammar adds: `expiring`, `expired` and `expires` are the same, and so are `encrypted` and `encryption`. */
function stem(word: string): string {
  const singular = word.replace(/ies$/, 'y').replace(/(?<=[^aeious])s$|(?<=[aeo])s$/, '');
  return singular.length < 5 ? singular : singular.replace(/(?:ing|ed|e|ion)$/, '');
}

/** Comparable words of a text or of names such as `signIns`, each once, in their order. */
export function searchWords(text: string): string[] {
  const apart = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  const joined = !mayHavePhrase.test(apart)
    ? apart
    : phrases.reduce((so, [pattern, word]) => so.replaceAll(pattern, word), apart);
  const words = joined.match(/[\p{L}\p{N}]+/gu) ?? [];
  const meant = words.filter((word) => !fillers.has(word)).map((word) => stem(meaningOf(word)));
  return [...new Set(meant)];
}

function meaningOf(word: string): string {
  return Object.hasOwn(sameMeaning, word) ? (sameMeaning[word] ?? word) : word;
}
