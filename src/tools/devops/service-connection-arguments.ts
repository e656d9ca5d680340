import { type AppError, invalidArgument } from '../../core/base/errors.ts';
import type { ScopeLevel } from '../../core/record/connection.ts';
import type { SecretArgument } from '../../core/record/secret-argument.ts';
import type {
  ServiceConnectionCredential,
  ServiceConnectionScheme,
} from '../../core/service-connections/service-connection.ts';

export type CredentialKind = ServiceConnectionCredential['kind'];

/** The arguments that say who signs in, and where to. */
export interface ServiceConnectionArguments {
  readonly scheme: ServiceConnectionScheme;
  /** The app is made, instead of being named. */
  readonly automatic?: boolean | undefined;
  readonly client_id?: string | undefined;
  readonly client_secret?: SecretArgument | undefined;
  readonly certificate?: SecretArgument | undefined;
  readonly managed_identity_id?: string | undefined;
  readonly publish_profile?: SecretArgument | undefined;
  readonly web_app_id?: string | undefined;
  readonly scope_level?: ScopeLevel | undefined;
  readonly subscription_id?: string | undefined;
  readonly subscription_name?: string | undefined;
  readonly resource_group?: string | undefined;
  readonly management_group_id?: string | undefined;
  readonly management_group_name?: string | undefined;
  readonly workspace_name?: string | undefined;
  readonly workspace_location?: string | undefined;
}

export type ArgumentField = Exclude<keyof ServiceConnectionArguments, 'scheme' | 'automatic' | 'scope_level'>;

/** What each kind of credential is made of, and the schemes that take it; the more particular kinds first. */
const kinds: Readonly<
  Record<CredentialKind, { schemes: readonly ServiceConnectionScheme[]; fields: readonly ArgumentField[] }>
> = {
  managed_identity: { schemes: ['WorkloadIdentityFederation'], fields: ['managed_identity_id'] },
  app_registration: { schemes: ['WorkloadIdentityFederation'], fields: ['client_id'] },
  certificate: { schemes: ['ServicePrincipal'], fields: ['client_id', 'certificate'] },
  key: { schemes: ['ServicePrincipal'], fields: ['client_id', 'client_secret'] },
  publish_profile: { schemes: ['PublishProfile'], fields: ['web_app_id', 'publish_profile'] },
  agent: { schemes: ['ManagedServiceIdentity'], fields: [] },
  automatic: { schemes: ['WorkloadIdentityFederation', 'ServicePrincipal'], fields: [] },
};

/** In the order in which they are looked for. */
const credentialKinds = [
  'automatic',
  'app_registration',
  'managed_identity',
  'certificate',
  'key',
  'agent',
  'publish_profile',
] as const satisfies readonly CredentialKind[];
const credentialFields = [...new Set(credentialKinds.flatMap((kind) => kinds[kind].fields))];

/** Which kind of credential is meant. Throws `invalid_argument` where the arguments do not fit together. */
export function readKind(given: ServiceConnectionArguments): CredentialKind {
  const { scheme } = given;
  const present = credentialFields.filter((field) => given[field] !== undefined);
  const ofScheme = credentialKinds.filter((kind) => kinds[kind].schemes.includes(scheme));
  const kind = ofScheme.find((one) => isMeant(one, given.automatic === true, present));
  const fields = kind === undefined ? [] : kinds[kind].fields;
  const stray = present.find((field) => !fields.includes(field) && (kind !== undefined || !isFieldOf(ofScheme, field)));
  if (given.automatic === true && kind !== 'automatic') throw misfit('automatic', scheme, ofScheme);
  if (stray !== undefined) throw misfit(stray, scheme, ofScheme, kind);
  if (kind === undefined) {
    throw invalidArgument(`scheme: ${scheme} needs to know who signs in.`, choicesOf(scheme, ofScheme));
  }
  const missing = fields.find((field) => given[field] === undefined);
  if (missing !== undefined) {
    throw invalidArgument(`${missing}: ${fields.at(-1)} goes together with it.`, `Pass ${fields.join(' and ')}.`);
  }
  return kind;
}

/** The last field of a kind is its mark; an agent's identity needs none. */
function isMeant(kind: CredentialKind, isAutomatic: boolean, present: readonly ArgumentField[]): boolean {
  if (kind === 'automatic') return isAutomatic;
  const mark = kinds[kind].fields.at(-1);
  return mark === undefined || present.includes(mark);
}

function isFieldOf(some: readonly CredentialKind[], field: ArgumentField): boolean {
  return some.some((kind) => kinds[kind].fields.includes(field));
}

function choicesOf(scheme: ServiceConnectionScheme, ofScheme: readonly CredentialKind[]): string {
  const choices = ofScheme.map((kind) => kinds[kind].fields.join(' and ') || wordsWithoutFields(kind));
  return `With ${scheme} pass ${choices.join(', or ')}.`;
}

function wordsWithoutFields(kind: CredentialKind): string {
  return kind === 'automatic'
    ? 'automatic: true (makes an app registration with the role Contributor)'
    : 'nothing more';
}

function misfit(
  field: ArgumentField | 'automatic',
  scheme: ServiceConnectionScheme,
  ofScheme: readonly CredentialKind[],
  kind?: CredentialKind,
): AppError {
  const owners = credentialKinds.filter((one) => (field === 'automatic' ? one === field : isFieldOf([one], field)));
  const schemes = [...new Set(owners.flatMap((one) => kinds[one].schemes))];
  const isOtherScheme = !schemes.includes(scheme);
  const beside = kind === undefined ? '' : kinds[kind].fields.join(' and ') || wordsWithoutFields(kind);
  return invalidArgument(
    isOtherScheme
      ? `${field}: it goes with the scheme ${schemes.join(' or ')}, not with ${scheme}.`
      : `${field}: it does not go together with ${beside}.`,
    isOtherScheme ? choicesOf(scheme, ofScheme) : `Leave out one of them. ${choicesOf(scheme, ofScheme)}`,
  );
}
