import { isRecord } from '../base/guards.ts';
import { misspelt, nearest } from '../base/nearest.ts';
import { isPlainLine, isPlainText } from '../base/plain-text.ts';
import { credentialNames, variantOf } from './auth-variants.ts';
import { categories, laterCategories } from './categories.ts';
import { type CheckedCredentials, checkCredentials } from './check-credentials.ts';
import { PropertyProblems, shownName } from './property-problems.ts';
import { checkReferencesOutside, checkSecretsOutside } from './secrets-outside.ts';
import { type ConnectionParent, foundryAuthTypes, workspaceAuthTypes } from './workspace-connection.ts';

/** Properties that passed; secrets are still references. */
export interface CheckedProperties {
  readonly authType: string;
  readonly category: string;
  readonly credentials?: CheckedCredentials;
  /** All other members, ready to be sent. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Members that only the service writes, and which are left out. */
  readonly dropped: readonly string[];
  /** Members, and an auth type, that the published shapes do not have: Azure AI Foundry decides about them. */
  readonly unpublished: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Checks a member outside `credentials` and adds its problems. */
type MemberCheck = (field: string, value: unknown, problems: PropertyProblems) => void;

/** The problem with a text that hides or reorders something. */
const notPlain = 'has control or invisible characters';

const text: MemberCheck = (field, value, problems) => {
  if (typeof value !== 'string' || value.trim() === '') {
    problems.add(field, 'is not a text', 'pass a text');
  } else if (!isPlainLine(value)) {
    problems.add(field, notPlain, 'pass one line of visible characters');
  }
};
const flag: MemberCheck = (field, value, problems) => {
  if (typeof value !== 'boolean') problems.add(field, 'is not a boolean', 'pass true or false');
};

/** Members of every variant, apart from the discriminator and the credentials. */
const commonMembers: Readonly<Record<string, MemberCheck>> = {
  category: () => undefined,
  target: text,
  metadata: checkMetadata,
  expiryTime: checkExpiryTime,
  isSharedToAll: flag,
  sharedUserList: checkUserList,
};

/** What version 2025-06-01 of Azure AI Foundry adds. */
const foundryMembers: Readonly<Record<string, MemberCheck>> = {
  useWorkspaceManagedIdentity: flag,
  peRequirement: (field, value, problems) => {
    const valid = ['Required', 'NotRequired', 'NotApplicable'];
    if (typeof value !== 'string' || !valid.includes(value)) {
      problems.add(field, 'is not valid', `pass ${valid.join(', ')}`, nearest(String(value), valid));
    }
  },
};

/** Members that the service writes: what was read may be sent back, without them. */
const readOnlyMembers = ['group', 'createdByWorkspaceArmId', 'error', 'peStatus'];
const legacyMembers = ['value', 'valueFormat'];

/**
 * Reads properties as one of the twelve variants of the union on `authType`; Azure AI Foundry has auth types and members
 * beyond them, which go out as they are. Throws one `invalid_argument` that tells
 * everything that is wrong, before anything is sent. With `isRead`, the secrets among them are material.
 */
export function checkProperties(
  given: unknown,
  parent: ConnectionParent['kind'],
  { isRead = false }: { readonly isRead?: boolean } = {},
): CheckedProperties {
  const problems = new PropertyProblems();
  if (!isRecord(given)) {
    problems.add('properties', 'is not an object', 'pass an object with authType, category, target and credentials');
    problems.throwIfAny();
  }
  // `throwIfAny` has just made sure that it is an object. A null means that the member is absent.
  const fields: Fields = Object.fromEntries(Object.entries(given as Fields).filter(([, value]) => isGiven(value)));
  const authType = checkAuthType(fields, parent, problems);
  const category = checkCategory(fields, problems);
  const members = { ...commonMembers, ...(parent === 'foundry' ? foundryMembers : {}) };
  const others = checkMembers(fields, { members, authType, parent }, problems);
  const credentials =
    authType === undefined
      ? undefined
      : checkCredentials(fields['credentials'], { authType, category, isRead, parent }, problems);
  problems.throwIfAny();
  return {
    // With either missing there is a problem, and that was thrown.
    authType: authType ?? 'None',
    category: category ?? '',
    ...(credentials === undefined ? {} : { credentials }),
    others,
    dropped: Object.keys(fields).filter((name) => readOnlyMembers.includes(name)),
    unpublished: parent === 'foundry' ? unpublishedOf(authType, Object.keys(others), members) : [],
  };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function unpublishedOf(
  authType: string | undefined,
  names: readonly string[],
  members: Readonly<Record<string, MemberCheck>>,
): readonly string[] {
  const isPublished = workspaceAuthTypes.some((one) => one === authType);
  return [
    ...(isPublished ? [] : [`authType ${authType}`]),
    ...names.filter((name) => !Object.hasOwn(members, name)).map((name) => `properties.${shownName(name)}`),
  ];
}

const word = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Workspaces take twelve; Azure AI Foundry takes more than are published, but no slip of the keys. */
function checkAuthType(
  fields: Fields,
  parent: ConnectionParent['kind'],
  problems: PropertyProblems,
): string | undefined {
  const { authType } = fields;
  if (typeof authType === 'string' && workspaceAuthTypes.some((one) => one === authType)) return authType;
  if (typeof authType === 'string' && parent === 'foundry' && word.test(authType)) {
    const valid = [...workspaceAuthTypes, ...foundryAuthTypes];
    const meant = valid.includes(authType) ? undefined : misspelt(authType, valid);
    if (meant === undefined) return authType;
    problems.add('properties.authType', 'is not an auth type', valid, meant);
    return undefined;
  }
  if (typeof authType === 'string') {
    const isOfFoundry = foundryAuthTypes.some((one) => one === authType);
    const problem = isOfFoundry ? 'is an auth type of Azure AI Foundry, not of ML workspaces' : 'is not an auth type';
    problems.addUnknown('properties.authType', problem, authType, workspaceAuthTypes);
  } else if (authType !== undefined) {
    problems.add('properties.authType', 'is not a text', workspaceAuthTypes);
  } else {
    const slip = slipOf(fields, 'authType');
    problems.add('properties.authType', `is missing${slip.text}`, workspaceAuthTypes, slip.nearest);
  }
  return undefined;
}

function checkCategory(fields: Fields, problems: PropertyProblems): string | undefined {
  const { category } = fields;
  const rule = 'pass what the connection leads to, such as AzureOpenAI, AzureBlob, ContainerRegistry or CustomKeys';
  if (typeof category === 'string' && word.test(category)) {
    const known = [...categories, ...laterCategories];
    const meant = known.includes(category) ? undefined : misspelt(category, known);
    if (meant === undefined) return category;
    problems.add('properties.category', 'is not a known category, but very close to one', newerCategory, meant);
    return undefined;
  }
  if (category === undefined) {
    const slip = slipOf(fields, 'category');
    problems.add('properties.category', `is missing${slip.text}`, rule, slip.nearest);
  } else {
    problems.add('properties.category', 'is not a word', rule);
  }
  return undefined;
}

const newerCategory =
  'use the spelling of the service; if this category does exist, create the connection with arm_write (PUT …/connections/{name})';

/** The member that was probably meant to be `name`. */
function slipOf(fields: Fields, name: string): { readonly text: string; readonly nearest?: string } {
  const known = [...Object.keys(commonMembers), 'authType', 'credentials'];
  const slip = Object.keys(fields).find((key) => !known.includes(key) && nearest(key, known) === name);
  return slip === undefined ? { text: '' } : { text: `, and ${shownName(slip)} is not its name`, nearest: name };
}

interface Members {
  readonly members: Readonly<Record<string, MemberCheck>>;
  readonly authType: string | undefined;
  readonly parent: ConnectionParent['kind'];
}

/** Everything but discriminator, category and credentials. */
function checkMembers(fields: Fields, wanted: Members, problems: PropertyProblems): Fields {
  const { members } = wanted;
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (['authType', 'category', 'credentials', ...readOnlyMembers].includes(name)) continue;
    if (Object.hasOwn(members, name)) {
      const field = `properties.${name}`;
      if (!checkReferencesOutside(field, value, problems)) members[name]?.(field, value, problems);
    } else {
      checkUnknown(name, value, wanted, problems);
    }
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

function checkUnknown(
  name: string,
  value: unknown,
  { members, authType, parent }: Members,
  problems: PropertyProblems,
): void {
  const field = `properties.${shownName(name)}`;
  const valid = ['authType', 'credentials', ...Object.keys(members)];
  if (legacyMembers.includes(name)) {
    problems.add(field, 'is a legacy member, which would show a secret to everybody', 'use credentials', 'credentials');
  } else if (credentialNames().has(name)) {
    // Also in open variants: outside `credentials` the service would hand it out with every read.
    problems.add(
      field,
      'stands outside credentials',
      `pass it as properties.credentials.${name}`,
      `credentials.${name}`,
    );
  } else if (parent !== 'foundry' && authType !== undefined && !variantOf(authType).isOpen.properties) {
    problems.addUnknown(field, `is no member of the properties of ${authType}`, name, valid);
  } else if (parent === 'foundry' && misspelt(name, valid) !== undefined) {
    problems.addUnknown(field, 'is spelt in another way', name, valid);
  } else if (valid.some((one) => one.toLowerCase() === name.toLowerCase())) {
    // Other members are allowed, but this one is a typing error.
    problems.addUnknown(field, 'is spelt in another way', name, valid);
  } else {
    checkSecretsOutside(field, name, value, problems);
  }
}

/** Metadata is a map of texts: the service refuses numbers, booleans and objects. */
function checkMetadata(field: string, value: unknown, problems: PropertyProblems): void {
  if (!isRecord(value)) {
    problems.add(field, 'is not an object', 'pass an object of texts, such as {"ApiType":"Azure"}');
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (name.trim() === '') {
      problems.add(field, 'has an empty name', 'name every entry');
    } else if (!isPlainLine(name)) {
      problems.add(field, `has a name that ${notPlain}`, 'use one line of visible characters');
    }
    if (typeof one !== 'string') {
      problems.add(`${field}.${shownName(name)}`, `is ${kindOf(one)}, not a text`, 'pass a text: write 1 as "1"');
    } else if (!isPlainText(one)) {
      problems.add(`${field}.${shownName(name)}`, notPlain, 'pass a text of visible characters');
    }
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A date-time of RFC 3339: with seconds and with its offset, and a day that exists. */
function checkExpiryTime(field: string, value: unknown, problems: PropertyProblems): void {
  const rule = 'pass a date and time with its offset, such as 2027-01-31T00:00:00Z';
  const match = typeof value === 'string' ? dateTime.exec(value) : null;
  if (match === null) {
    problems.add(field, 'is not a date and time', rule);
    return;
  }
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59) problems.add(field, 'does not exist in the calendar', rule);
}

/** Users whom a connection is shared with. */
function checkUserList(field: string, value: unknown, problems: PropertyProblems): void {
  if (!Array.isArray(value)) {
    problems.add(field, 'is not a list', 'pass a list of users, as texts');
    return;
  }
  value.forEach((one: unknown, index) => {
    const problem = userProblem(one);
    if (problem !== undefined) problems.add(`${field}.${index}`, problem, 'pass a text');
  });
}

function userProblem(one: unknown): string | undefined {
  if (typeof one !== 'string') return `is ${kindOf(one)}, not a user`;
  if (one.trim() === '') return 'is empty, not a user';
  return isPlainLine(one) ? undefined : notPlain;
}
