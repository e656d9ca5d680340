import { isRecord } from '../base/guards.ts';
import { isGuid } from '../base/guid.ts';
import { nearest } from '../base/nearest.ts';
import {
  looksLikeReference,
  parseSecretArgument,
  referenceForms,
  type SecretArgument,
  secretForms,
} from '../record/secret-argument.ts';
import { Secret } from '../secrets/secret.ts';
import { type AuthVariant, isIdentifier, type MemberKind, neededMembers, variantOf } from './auth-variants.ts';
import { type PropertyProblems, shownName } from './property-problems.ts';
import type { ConnectionParent, ExtraValue } from './workspace-connection.ts';

/** A checked member of `credentials`: ready to be sent, or a secret (or a map of them) to be read first. */
export type CheckedCredential =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'extra'; readonly value: ExtraValue }
  | { readonly kind: 'secret'; readonly argument: SecretArgument }
  | { readonly kind: 'secrets'; readonly entries: ReadonlyMap<string, SecretArgument> };

export type CheckedCredentials = ReadonlyMap<string, CheckedCredential>;

const passSecret = `pass ${secretForms}`;
const path = 'properties.credentials';

/** Most secrets of one connection, those of CustomKeys: far above what a person would keep in one. */
const mostKeys = 200;

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && !(value instanceof Secret);
}

/** Checks `credentials` against the variant of `authType`; `category` decides what OAuth2 needs. */
export function checkCredentials(
  given: unknown,
  { authType, category, isRead, parent }: Omit<Wanted, 'variant'>,
  problems: PropertyProblems,
): CheckedCredentials | undefined {
  const variant = variantOf(authType);
  const { credentials: members } = variant;
  if (members === undefined) {
    if (given !== undefined && given !== null) {
      problems.add(path, `does not go with authType ${authType}, which signs in without them`, []);
    }
    return undefined;
  }
  if (given !== undefined && given !== null && !isFields(given)) {
    problems.add(
      path,
      'is not an object',
      `pass an object with ${Object.keys(members).join(', ') || 'what the service wants'}`,
    );
    return undefined;
  }
  // A null means that the member is absent, as everywhere in our inputs.
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const wanted: Wanted = { authType, category, variant, isRead, parent };
  checkMissing(entries, wanted, problems);
  const checked = entries.flatMap(([name, value]): [string, CheckedCredential][] => {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    const one =
      kind === undefined
        ? checkExtra(name, value, wanted, problems)
        : checkMember(name, value, { kind: parent === 'foundry' ? looser(kind) : kind, isRead }, problems);
    return one === undefined ? [] : [[name, one]];
  });
  return checked.length === 0 ? undefined : new Map(checked);
}

/** Foundry's tools sign in at other authorities than Entra, whose clients have ids of any form. */
function looser(kind: MemberKind): MemberKind {
  return kind === 'guid' ? 'text' : kind;
}

interface Wanted {
  readonly authType: string;
  readonly parent: ConnectionParent['kind'];
  readonly category: unknown;
  readonly variant: AuthVariant;
  /** Whether secrets have been read: what stands for one is its material. */
  readonly isRead: boolean;
}

function checkMissing(
  entries: readonly (readonly [string, unknown])[],
  { authType, category, variant }: Wanted,
  problems: PropertyProblems,
): void {
  const given = new Set(entries.map(([name]) => name));
  const needed = neededMembers(authType, category);
  if (variant.orNone && !needed.some((name) => given.has(name))) return;
  const { credentials: members = {}, needed: always } = variant;
  // A mistyped name explains why another one is missing.
  const strays = [...given].filter((name) => !Object.hasOwn(members, name));
  for (const name of needed.filter((one) => !given.has(one))) {
    const by = always.includes(name) ? `authType ${authType} needs it` : `the category ${String(category)} needs it`;
    const onlyOne = Object.keys(members).length === 1;
    const slip = strays.find((stray) => onlyOne || nearest(stray, [name]) !== undefined);
    const instead = slip === undefined ? '' : `, and ${shownName(slip)} is not its name`;
    problems.add(
      `${path}.${name}`,
      `is missing: ${by}${instead}`,
      missingRule(name, members[name]),
      slip === undefined ? undefined : name,
    );
  }
}

function missingRule(name: string, kind: MemberKind | undefined): string {
  switch (kind) {
    case 'secret':
      return `${passSecret}; a replacement needs it as well, since the service never gives a stored one back`;
    case 'secrets':
      return `pass an object of names and secrets below ${name}; each is ${secretForms}`;
    default:
      return `pass its text${kind === 'guid' ? ', a GUID' : kind === 'url' ? ', an https address' : ''}`;
  }
}

function checkMember(
  name: string,
  value: unknown,
  { kind, isRead }: { readonly kind: MemberKind; readonly isRead: boolean },
  problems: PropertyProblems,
): CheckedCredential | undefined {
  const field = `${path}.${name}`;
  if (kind === 'secrets') return checkKeys(field, value, isRead, problems);
  if (kind === 'secret') {
    const argument = readSecret(field, value, { isRead }, problems);
    return argument && { kind: 'secret', argument };
  }
  if (typeof value !== 'string' || value.trim() === '') {
    problems.add(field, 'is not a text', 'pass the identifier itself as text; it is not a secret');
    return undefined;
  }
  if (kind === 'guid' && !isGuid(value)) {
    problems.add(field, 'is not a GUID', 'pass a GUID such as 00000000-0000-0000-0000-000000000001');
    return undefined;
  }
  if (kind === 'url' && !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
    problems.add(field, 'is not an address', 'pass an address such as https://login.example/oauth2/token');
    return undefined;
  }
  return { kind: 'text', value };
}

function checkKeys(
  field: string,
  value: unknown,
  isRead: boolean,
  problems: PropertyProblems,
): CheckedCredential | undefined {
  const rule = `pass an object of names and secrets, such as {"token":{"secret":"name"}}; each is ${secretForms}`;
  if (!isFields(value)) {
    problems.add(field, 'is not an object', rule);
    return undefined;
  }
  if (!isRead && looksLikeReference(value) && Object.values(value).every((one) => !isRecord(one))) {
    problems.add(field, 'is a reference, where names with secrets are wanted', rule);
    return undefined;
  }
  const names = Object.entries(value).filter(([, one]) => one !== null);
  if (names.length === 0 || names.length > mostKeys) {
    problems.add(field, names.length === 0 ? 'is empty' : `has more than ${mostKeys} entries`, rule);
    return undefined;
  }
  const entries = names.flatMap(([name, one]): [string, SecretArgument][] => {
    const argument = readSecret(`${field}.${shownName(name)}`, one, { isRead }, problems);
    return argument === undefined ? [] : [[name, argument]];
  });
  return { kind: 'secrets', entries: new Map(entries) };
}

/** A literal or a reference; the literal stays out of every message. */
function readSecret(
  field: string,
  value: unknown,
  { isRead }: Pick<Wanted, 'isRead'>,
  problems: PropertyProblems,
): SecretArgument | undefined {
  // Material is what it is, even where it looks like something else.
  if (isRead && value instanceof Secret) return value;
  const parsed = parseSecretArgument(value);
  if ('argument' in parsed) return parsed.argument;
  const [form = ''] = isFields(value) ? Object.keys(value) : [];
  problems.add(
    field,
    parsed.problem,
    passSecret,
    form === '' || referenceForms.includes(form) ? undefined : nearest(form, referenceForms),
  );
  return undefined;
}

/** A member that the variant does not have: refused where it is closed, passed on where it is open. */
function checkExtra(
  name: string,
  value: unknown,
  { variant: { isOpen, credentials = {} }, authType, isRead }: Wanted,
  problems: PropertyProblems,
): CheckedCredential | undefined {
  const field = `${path}.${shownName(name)}`;
  if (!isOpen.credentials) {
    const valid = Object.keys(credentials);
    const meant = valid.length === 1 ? valid[0] : nearest(name, valid);
    problems.add(field, `is no member of the credentials of ${authType}`, valid, meant);
    return undefined;
  }
  if (typeof value === 'string' && isIdentifier(name)) return { kind: 'text', value };
  if (typeof value === 'string' || value instanceof Secret || (isFields(value) && looksLikeReference(value))) {
    // Nobody can tell whether it is one.
    const argument = readSecret(field, value, { isRead }, problems);
    return argument && { kind: 'secret', argument };
  }
  const below = isRead ? undefined : problemBelow(value);
  if (below !== undefined) {
    problems.add(field, below, `${passSecret}, as ${shownName(name)} itself`);
    return undefined;
  }
  // Anything but text is sent as it came: the specification leaves these members open.
  return { kind: 'extra', value: value as ExtraValue };
}

/**
 * Below a member that we do not know, nothing would read a reference: it would be sent as it is. What only looks like one
 * is refused as well.
 */
function problemBelow(value: unknown): string | undefined {
  if (value instanceof Secret) {
    const parsed = parseSecretArgument(value);
    return 'problem' in parsed ? `holds a text that ${parsed.problem}` : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.keys(value).some((key) => referenceForms.includes(key.toLowerCase()))) {
    return 'holds a reference to a secret somewhere below it';
  }
  return Object.values(value)
    .map(problemBelow)
    .find((problem) => problem !== undefined);
}
