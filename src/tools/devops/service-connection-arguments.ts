import { z } from 'zod';
import { type AppError, invalidArgument } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { type ConnectionIdentity, type ScopeLevel, scopeLevels } from '../../core/record/connection.ts';
import { Secret } from '../../core/secrets/secret.ts';
import {
  type CredentialField,
  type CredentialKind,
  credentialKinds,
  credentialRules,
  kindsOf,
  levelWords,
} from '../../core/service-connections/credential-rules.ts';
import {
  type ServiceConnectionCredential,
  type ServiceConnectionScheme,
  type ServiceConnectionTarget,
  serviceConnectionSchemes,
} from '../../core/service-connections/service-connection.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { guid, secretArgument, shortText } from '../params.ts';

const name = shortText(300);
const resource = shortText(1_000);

/** The arguments that say who signs in, and to what. */
export const serviceConnectionArguments = {
  scheme: z.enum(serviceConnectionSchemes),
  automatic: z.boolean().optional().describe('Create an app with the role Contributor.'),
  client_id: guid.optional().describe('App registration.'),
  client_secret: secretArgument.optional().describe('{"secret":"name"} or {"prompt":true}.'),
  certificate: secretArgument.optional().describe('PEM with key, or PFX.'),
  certificate_passphrase: secretArgument.optional().describe('If that is encrypted.'),
  managed_identity_id: resource.optional().describe('ARM id.'),
  publish_profile: secretArgument.optional().describe('XML of a web app.'),
  web_app_id: resource.optional().describe('ARM id.'),
  tenant_id: guid.optional().describe('Default that of connection.'),
  scope_level: z.enum(scopeLevels).optional().describe('Level and ids default to those of the connection.'),
  subscription_id: guid.optional(),
  subscription_name: name.optional().describe('Names and location are looked up.'),
  resource_group: name.optional().describe('Limits a subscription to one group.'),
  management_group_id: name.optional(),
  management_group_name: name.optional(),
  workspace_name: name.optional(),
  workspace_location: name.optional().describe('E.g. westeurope.'),
};

type ServiceConnectionArguments = z.output<z.ZodObject<typeof serviceConnectionArguments>>;

const credentialFields = [...new Set(credentialKinds.flatMap((kind) => credentialRules[kind].fields))];

/** Which kind of credential is meant. Throws `invalid_argument` where the arguments do not fit together. */
export function readKind(given: ServiceConnectionArguments): CredentialKind {
  const { scheme } = given;
  const present = credentialFields.filter((field) => given[field] !== undefined);
  const ofScheme = kindsOf(scheme);
  const kind = ofScheme.find((one) => isMeant(one, given.automatic === true, present));
  const fields = kind === undefined ? [] : credentialRules[kind].fields;
  const stray = present.find((field) => !fields.includes(field) && (kind !== undefined || !isFieldOf(ofScheme, field)));
  if (given.automatic === true && kind !== 'automatic') throw misfit('automatic', scheme, ofScheme);
  if (stray !== undefined) throw misfit(stray, scheme, ofScheme, kind);
  if (kind === undefined) {
    throw invalidArgument(`scheme: with ${scheme}, say who signs in.`, choicesOf(scheme, ofScheme));
  }
  const missing = fields.find((field) => given[field] === undefined);
  if (missing !== undefined) {
    throw invalidArgument(`${missing}: missing, and ${fields.at(-1)} needs it.`, `Pass ${fields.join(' and ')}.`);
  }
  return kind;
}

/** The last field of a kind identifies it; an agent's identity has no fields. */
function isMeant(kind: CredentialKind, isAutomatic: boolean, present: readonly CredentialField[]): boolean {
  if (kind === 'automatic') return isAutomatic;
  const mark = credentialRules[kind].fields.at(-1);
  return mark === undefined || present.includes(mark);
}

function isFieldOf(some: readonly CredentialKind[], field: CredentialField): boolean {
  return some.some((kind) => credentialRules[kind].fields.includes(field));
}

function choicesOf(scheme: ServiceConnectionScheme, ofScheme: readonly CredentialKind[]): string {
  const choices = ofScheme.map((kind) => credentialRules[kind].fields.join(' and ') || wordsWithoutFields(kind));
  return `With ${scheme} pass ${choices.join(', or ')}.`;
}

function wordsWithoutFields(kind: CredentialKind): string {
  return kind === 'automatic'
    ? 'automatic: true (creates an app registration with the role Contributor)'
    : 'nothing more';
}

function misfit(
  field: CredentialField | 'automatic',
  scheme: ServiceConnectionScheme,
  ofScheme: readonly CredentialKind[],
  kind?: CredentialKind,
): AppError {
  const owners = credentialKinds.filter((one) => (field === 'automatic' ? one === field : isFieldOf([one], field)));
  const schemes = [...new Set(owners.flatMap((one) => credentialRules[one].schemes))];
  const isOtherScheme = !schemes.includes(scheme);
  const beside = kind === undefined ? '' : credentialRules[kind].fields.join(' and ') || wordsWithoutFields(kind);
  return invalidArgument(
    isOtherScheme
      ? `${field}: needs the scheme ${schemes.join(' or ')}, not ${scheme}.`
      : `${field}: cannot be combined with ${beside}.`,
    isOtherScheme ? choicesOf(scheme, ofScheme) : `Leave out one of them. ${choicesOf(scheme, ofScheme)}`,
  );
}

/** Where the service connection will be, and the address that it will send its secret to, if that is of a cloud of its own. */
interface Place {
  readonly organization?: string | undefined;
  readonly project: string;
  readonly environment_url?: string | undefined;
}

/** `readKind` has checked that the fields of the kind are there. */
export async function readCredential(
  args: ServiceConnectionArguments & Place,
  kind: CredentialKind,
  context: ConnectionToolContext,
): Promise<ServiceConnectionCredential> {
  const { client_id: clientId = '', managed_identity_id: resourceId = '', web_app_id: webAppId = '' } = args;
  const secret = (field: SecretArgumentField) => readSecret(field, args, context);
  const { certificate_passphrase: passphrase } = args;
  if (passphrase !== undefined && kind !== 'certificate') {
    throw invalidArgument('certificate_passphrase: there is no certificate.', 'Leave it out, or pass certificate too.');
  }
  switch (kind) {
    case 'automatic':
    case 'agent':
      return { kind };
    case 'app_registration':
      return { kind, clientId };
    case 'managed_identity':
      return { kind, resourceId };
    case 'key':
      return { kind, clientId, key: await secret('client_secret') };
    case 'certificate':
      return {
        ...{ kind, clientId, certificate: await secret('certificate') },
        ...(passphrase && { passphrase: await secret('certificate_passphrase') }),
      };
    case 'publish_profile':
      return { kind, webAppId, profile: await secret('publish_profile') };
  }
}

type SecretArgumentField = 'client_secret' | 'certificate' | 'certificate_passphrase' | 'publish_profile';

async function readSecret(
  field: SecretArgumentField,
  { organization, project, environment_url: url, ...args }: ServiceConnectionArguments & Place,
  { connections, serviceConnections, record, caller, call }: ConnectionToolContext,
): Promise<Secret> {
  // An absent one cannot get here; a reference to nothing is refused like any other.
  const argument = args[field] ?? { secret: '' };
  // Only what is bound to a project needs to know it by name and id.
  const isBound = !(argument instanceof Secret) && ('secret' in argument || 'prompt' in argument);
  const holder = isBound ? await serviceConnections.holderOf({ organization, project }, call) : { holder: project };
  const use = { kind: 'export' as const, connection: record, ...holder, ...(url !== undefined && { targets: [url] }) };
  return connections.resolveSecret({ field, argument, use }, caller, call);
}

type TargetField = Exclude<
  keyof ServiceConnectionArguments,
  CredentialField | 'certificate_passphrase' | 'scheme' | 'automatic' | 'tenant_id' | 'scope_level'
>;

const targetFields: Readonly<Record<ScopeLevel, readonly TargetField[]>> = {
  subscription: ['subscription_id', 'subscription_name', 'resource_group'],
  management_group: ['management_group_id', 'management_group_name'],
  ml_workspace: ['subscription_id', 'subscription_name', 'resource_group', 'workspace_name', 'workspace_location'],
};
const levels = Object.keys(targetFields).filter((name): name is ScopeLevel => name in targetFields);
const allTargetFields = [...new Set(levels.flatMap((level) => targetFields[level]))];

/** What the arguments leave open comes from the connection, where it is for the same level. */
interface TargetDefaults {
  readonly scope_level: ScopeLevel;
  readonly identity: ConnectionIdentity;
}

/** What the service connection reaches. Throws `invalid_argument` where fields do not fit the level, or are missing. */
export function readTarget(
  given: ServiceConnectionArguments,
  kind: CredentialKind,
  { scope_level: usual, identity }: TargetDefaults,
): ServiceConnectionTarget {
  const level = given.scope_level ?? impliedLevel(given) ?? usualLevel(usual, kind);
  const stray = allTargetFields.find((field) => given[field] !== undefined && !targetFields[level].includes(field));
  if (stray !== undefined) {
    const home = levels.filter((one) => targetFields[one].includes(stray));
    throw invalidArgument(
      `${stray}: cannot be used with scope_level ${level}.`,
      `That takes ${targetFields[level].join(', ')}; ${stray} goes with ${home.join(' and ')}.`,
    );
  }
  // From another level only the subscription can be reused.
  const own: ConnectionIdentity =
    usual === level ? identity : withoutUndefined({ subscription_id: identity.subscription_id });
  const subscriptionId = () => {
    const ofWebApp = /^\/subscriptions\/([0-9a-f-]{36})\//i.exec(given.web_app_id ?? '')?.[1];
    return required('subscription_id', given.subscription_id ?? ofWebApp ?? own.subscription_id);
  };
  switch (level) {
    case 'subscription':
      return {
        level: 'Subscription',
        subscriptionId: subscriptionId(),
        subscriptionName: given.subscription_name,
        // A limit is never taken from the connection silently.
        resourceGroup: given.resource_group,
      };
    case 'management_group':
      return {
        level: 'ManagementGroup',
        managementGroupId: required('management_group_id', given.management_group_id ?? own.management_group_id),
        managementGroupName: given.management_group_name,
      };
    case 'ml_workspace':
      return {
        level: 'AzureMLWorkspace',
        subscriptionId: subscriptionId(),
        subscriptionName: given.subscription_name,
        resourceGroup: required('resource_group', given.resource_group ?? own.resource_group),
        workspaceName: required('workspace_name', given.workspace_name ?? own.workspace_name),
        workspaceLocation: given.workspace_location,
      };
  }
}

function impliedLevel(given: ServiceConnectionArguments): ScopeLevel | undefined {
  if (given.management_group_id !== undefined || given.management_group_name !== undefined) return 'management_group';
  if (given.workspace_name !== undefined || given.workspace_location !== undefined) return 'ml_workspace';
  const names = [given.subscription_id, given.subscription_name, given.resource_group];
  return names.some((name) => name !== undefined) ? 'subscription' : undefined;
}

/** The level of the connection, where the credential supports it. */
function usualLevel(usual: ScopeLevel, kind: CredentialKind): ScopeLevel {
  return credentialRules[kind].levels.some((level) => levelWords[level] === usual) ? usual : 'subscription';
}

function required(field: TargetField, value: string | undefined): string {
  if (value !== undefined) return value;
  throw invalidArgument(
    `${field}: missing, and the connection has none.`,
    `Pass ${field}, or supply it once with complete_connection.`,
  );
}
