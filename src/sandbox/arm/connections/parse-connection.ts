import { isRecord } from '../../../core/base/guards.ts';
import { isGuid } from '../../../core/base/guid.ts';
import type { PlainObject } from '../../base/plain-object.ts';
import { type ArmError, type ArmErrorDetail, badRequest } from '../arm-error.ts';
import { isFoundryCategory } from './render-connection.ts';

/** What connections of one auth type may contain. */
interface AuthVariant {
  /** The kinds of members of `credentials`; undefined when the auth type has none. */
  readonly credentials?: Readonly<Record<string, MemberKind>>;
  /** Whether `credentials` accepts other members. */
  readonly hasOpenCredentials: boolean;
  /** Whether the properties accept other members. */
  readonly isOpen: boolean;
}

type MemberKind = 'text' | 'guid' | 'url' | 'texts';

const open = { hasOpenCredentials: true, isOpen: true };
const closed = { hasOpenCredentials: false, isOpen: false };

/** Source: `WorkspaceConnectionPropertiesV2` of Microsoft.MachineLearningServices 2024-04-01. */
export const authVariants: Readonly<Record<string, AuthVariant>> = {
  PAT: { ...closed, credentials: { pat: 'text' } },
  ManagedIdentity: { ...closed, credentials: { clientId: 'text', resourceId: 'text' } },
  UsernamePassword: { ...closed, credentials: { username: 'text', password: 'text', securityToken: 'text' } },
  None: closed,
  SAS: { ...closed, credentials: { sas: 'text' } },
  AccountKey: { hasOpenCredentials: false, isOpen: true, credentials: { key: 'text' } },
  ServicePrincipal: { ...open, credentials: { clientId: 'text', clientSecret: 'text', tenantId: 'text' } },
  AccessKey: { ...open, credentials: { accessKeyId: 'text', secretAccessKey: 'text' } },
  ApiKey: { ...open, credentials: { key: 'text' } },
  CustomKeys: { ...open, credentials: { keys: 'texts' } },
  OAuth2: {
    ...open,
    credentials: {
      clientId: 'guid',
      clientSecret: 'text',
      authUrl: 'url',
      username: 'text',
      password: 'text',
      refreshToken: 'text',
      developerToken: 'text',
      tenantId: 'text',
    },
  },
  AAD: open,
};

/** Auth types that Foundry takes without a published shape: as the public error for a wrong one lists them. */
const foundryTypes = [
  'DelegatedSAS',
  'ProjectManagedIdentity',
  'AccountManagedIdentity',
  'UserEntraToken',
  'AgentUserImpersonation',
  'AgenticIdentityToken',
  'AgenticUser',
  'UserTokenAndProjectManagedIdentity',
  'DeveloperConnection',
];

function variantsOf({ isFoundry }: ParseOptions): Readonly<Record<string, AuthVariant>> {
  if (!isFoundry) return authVariants;
  const shaped = Object.entries(authVariants).map(([name, { credentials, ...variant }]) => {
    const loose = credentials && {
      credentials: { ...credentials, ...('clientId' in credentials ? { clientId: 'text' as const } : {}) },
    };
    return [name, { ...variant, ...loose }] as const;
  });
  const shapeless = foundryTypes.map((name) => [name, { ...open, credentials: {} }] as const);
  return Object.fromEntries([...shaped, ...shapeless]);
}

interface ParseOptions {
  /** A route of Foundry, which takes more auth types, members and categories. */
  readonly isFoundry: boolean;
  /** `value` and `valueFormat` were removed in 2024-10-01. */
  readonly hasValue: boolean;
  /** The auth types that the version knows; undefined for all. */
  readonly authTypes: readonly string[] | undefined;
  /** `AccountKey` takes `sas` instead of `key`, as the documentation first said. */
  readonly isLegacyAccountKey: boolean;
}

type Problems = [target: string, message: string][];

const bodyMembers = ['properties', 'id', 'name', 'type', 'systemData'];
const readOnlyMembers = ['group', 'createdByWorkspaceArmId', 'error'];
const commonMembers = ['authType', 'category', 'target', 'credentials', 'metadata', 'expiryTime'];
const sharingMembers = ['isSharedToAll', 'sharedUserList'];
const laterMembers = ['peRequirement', 'peStatus', 'useWorkspaceManagedIdentity'];

/**
 * The properties of a connection as they are stored: `null` counts as absent, members that only the service writes are
 * dropped, and `expiryTime` is in UTC. Throws `ValidationError` with every problem. Credentials can be missing: the
 * service requires none of their members.
 */
export function parseConnection(body: PlainObject, options: ParseOptions): PlainObject {
  const problems: Problems = [];
  for (const name of Object.keys(body)) {
    if (!bodyMembers.includes(name)) problems.push([name, `Could not find member '${name}' on object.`]);
  }
  const { properties } = body;
  if (!isRecord(properties)) throw validationError([...problems, ['properties', 'The Properties field is required.']]);
  const given = withoutNulls(properties);
  const authType = String(given['authType'] ?? '');
  const variants = variantsOf(options);
  const { authTypes = Object.keys(variants) } = options;
  const variant = authTypes.includes(authType) ? variants[authType] : undefined;
  if (!variant) {
    const valid = authTypes.join(', ');
    throw validationError([...problems, ['properties.authType', `'${authType}' is not a known authType: ${valid}.`]]);
  }
  if (options.isFoundry && isText(given['category']) && !isFoundryCategory(String(given['category']))) {
    throw badRequest('ValidationError', 'Unable to deserialize request body.');
  }
  checkMembers(given, variant, options, problems);
  checkCredentials(given, authType === 'AccountKey' ? accountKey(variant, options) : variant, problems);
  if (problems.length > 0) throw validationError(problems);
  return kept(given, variant);
}

function accountKey(variant: AuthVariant, { isLegacyAccountKey }: ParseOptions): AuthVariant {
  return isLegacyAccountKey ? { ...variant, credentials: { sas: 'text' } } : variant;
}

function withoutNulls(object: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
}

function kept(given: PlainObject, variant: AuthVariant): PlainObject {
  const { expiryTime, credentials, ...rest } = given;
  const shown = Object.fromEntries(Object.entries(rest).filter(([name]) => !readOnlyMembers.includes(name)));
  return {
    ...shown,
    metadata: given['metadata'] ?? {},
    ...(expiryTime === undefined ? {} : { expiryTime: utcOf(String(expiryTime)) }),
    ...(variant.credentials && isRecord(credentials) ? { credentials: withoutNulls(credentials) } : {}),
  };
}

function checkMembers(given: PlainObject, variant: AuthVariant, { hasValue }: ParseOptions, problems: Problems): void {
  const versionMembers = hasValue ? ['value', 'valueFormat'] : laterMembers;
  const own = variant.credentials ? commonMembers : commonMembers.filter((name) => name !== 'credentials');
  const known = [...own, ...sharingMembers, ...versionMembers, ...readOnlyMembers];
  for (const name of Object.keys(given)) {
    if (!variant.isOpen && !known.includes(name)) {
      problems.push([
        `properties.${name}`,
        `'${name}' is not a member of the authType '${String(given['authType'])}'.`,
      ]);
    }
  }
  const check = (name: string, isValid: (value: unknown) => boolean, what: string) => {
    const value = given[name];
    if (value !== undefined && !isValid(value)) problems.push([`properties.${name}`, `'${name}' must be ${what}.`]);
  };
  check('category', isFilledText, 'a string');
  check('target', isText, 'a string');
  check('metadata', isTexts, 'an object of strings');
  check('expiryTime', (value) => isText(value) && utcOf(String(value)) !== undefined, 'a date-time');
  check('isSharedToAll', (value) => typeof value === 'boolean', 'a boolean');
  check('sharedUserList', (value) => Array.isArray(value) && value.every(isText), 'an array of strings');
  if (hasValue) {
    check('value', isText, 'a string');
    // An open enumeration: the specification names JSON, and lets the service decide.
    check('valueFormat', isText, 'a string');
  }
}

function checkCredentials({ credentials, authType }: PlainObject, variant: AuthVariant, problems: Problems): void {
  if (credentials === undefined || !variant.credentials) return;
  if (!isRecord(credentials)) {
    problems.push(['properties.credentials', "'credentials' must be an object."]);
    return;
  }
  const members = variant.credentials;
  for (const [name, value] of Object.entries(withoutNulls(credentials))) {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    const target = `properties.credentials.${name}`;
    if (kind === undefined) {
      if (!variant.hasOpenCredentials) {
        const valid = Object.keys(members).join(', ');
        problems.push([
          target,
          `'${name}' is not a credential of the authType '${String(authType)}'. Valid: ${valid}.`,
        ]);
      }
    } else if (!memberChecks[kind].isValid(value))
      problems.push([target, `'${name}' must be ${memberChecks[kind].what}.`]);
  }
}

const memberChecks: Readonly<Record<MemberKind, { isValid(value: unknown): boolean; readonly what: string }>> = {
  text: { isValid: isText, what: 'a string' },
  guid: {
    isValid: (value) => typeof value === 'string' && isGuid(value),
    what: 'a GUID',
  },
  url: { isValid: (value) => isText(value) && URL.canParse(String(value)), what: 'an absolute URL' },
  texts: { isValid: isTexts, what: 'an object of strings' },
};

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isText);
}

/** The specification's `date-time`: a date, a time with seconds, and an offset. Source: RFC 3339, section 5.6. */
function utcOf(text: string): string | undefined {
  const [, day = 0] =
    /^\d{4}-\d{2}-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i.exec(text)?.map(Number) ?? [];
  const at = day === 0 ? Number.NaN : Date.parse(text);
  // The 31st of a shorter month would become the first of the next one.
  const isDay = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === day;
  if (!isDay) return undefined;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().replace('.000Z', 'Z');
}

/** 400 for an invalid body or name; `details` name the fields. */
export function validationError(problems: readonly (readonly [target: string, message: string])[]): ArmError {
  const details: readonly ArmErrorDetail[] = problems.map(([target, message]) => ({
    code: 'ValidationError',
    message,
    target,
  }));
  return badRequest('ValidationError', 'The request is invalid.', { details });
}
