import type { Clock } from '../../base/clock.ts';
import type { Cloud } from '../../base/clouds.ts';
import { type AppError, invalidArgument } from '../../base/errors.ts';
import { guidSource, isGuid } from '../../base/guid.ts';
import { nearest } from '../../base/nearest.ts';
import { badCharacter, isPlainLine, isPlainText, plainLine } from '../../base/plain-text.ts';
import { inspectSecret } from '../../connections/secret-arguments.ts';
import { identitySchema } from '../../record/connection-requirements.ts';
import type { Secret } from '../../secrets/secret.ts';
import { credentialRules, kindsOf, levelWords, testableSchemes } from '../credential-rules.ts';
import {
  type AzureEnvironment,
  azureEnvironments,
  type CreateServiceConnection,
  type ServiceConnectionCredential,
  type ServiceConnectionTarget,
  serviceConnectionSchemes,
} from '../service-connection.ts';
import { environmentOf, managementUrl } from './azure-environments.ts';
import type { ConnectionPlan } from './creation.ts';

/** Environments in which Azure DevOps makes no apps. */
const withoutAutomatic: readonly AzureEnvironment[] = ['AzureStack', 'AzureUSGovernment'];

/**
 * Whether the parts of a request fit together, and what they amount to. Throws `invalid_argument` with what is valid;
 * sends nothing.
 */
export function checkRequest(
  input: CreateServiceConnection,
  { cloud, clock }: { readonly cloud: Cloud; readonly clock: Clock },
): ConnectionPlan {
  const { credential, target, description = '', tenantId } = input;
  checkKnown('scheme', input.scheme, serviceConnectionSchemes);
  const environment = input.environment ?? environmentOf(cloud);
  checkKnown('environment', environment, azureEnvironments);
  const url = managementUrl(environment, input.environmentUrl);
  checkFit(input, environment);
  checkTarget(target);
  checkTexts(input);
  checkCredential(credential, target, clock.now());
  if (tenantId !== undefined && !isGuid(tenantId)) {
    throw invalidArgument(
      'tenant_id: use the id of the tenant, a GUID.',
      'The portal shows it in Entra ID > Overview.',
    );
  }
  const isOwnCloud = environment === environmentOf(cloud) || isOwnStack(environment, url, cloud);
  if (credential.kind === 'managed_identity' && !isOwnCloud) throw otherCloud('managed_identity_id', environment);
  if (tenantId === undefined && environment !== 'AzureStack' && !isOwnCloud) throw otherCloud('tenant_id', environment);
  return {
    name: checkName(input.name),
    description,
    scheme: input.scheme,
    credential,
    target,
    environment,
    url,
    tenantId: tenantId?.toLowerCase(),
    isOwnCloud,
    serviceManagementReference: input.serviceManagementReference,
    grantAllPipelines: input.grantAllPipelines ?? false,
    verify: input.verify ?? testableSchemes.includes(input.scheme),
  };
}

function isOwnStack(environment: AzureEnvironment, url: string, { resourceManager }: Cloud): boolean {
  return environment === 'AzureStack' && URL.parse(resourceManager)?.origin === URL.parse(url)?.origin;
}

function otherCloud(field: string, environment: AzureEnvironment): AppError {
  return field === 'tenant_id'
    ? invalidArgument(
        `tenant_id: ${environment} is another cloud than that of the connection, and its tenants are others.`,
        `Pass the tenant_id of the tenant in ${environment}.`,
      )
    : invalidArgument(
        `${field}: it cannot be read in ${environment}, which is another cloud than that of the connection.`,
        'Pass its client_id and tenant_id instead, or use a connection of that cloud.',
      );
}

/** Typed callers cannot get here; those of the library may. */
function checkKnown(field: string, value: string, valid: readonly string[]): void {
  if (valid.includes(value)) return;
  const meant = nearest(value, valid);
  throw invalidArgument(
    `${field}: there is no ${shown(value)}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    `Use one of ${valid.join(', ')}.`,
  );
}

/** Scheme, kind of credential, level and environment together. */
function checkFit(input: CreateServiceConnection, environment: AzureEnvironment): void {
  const { scheme, credential, target, serviceManagementReference } = input;
  const { kind } = credential;
  const { schemes, levels, takesGroup, words } = credentialRules[kind];
  if (!schemes.includes(scheme)) {
    const others = kindsOf(scheme).map((one) => credentialRules[one].words);
    throw invalidArgument(
      `scheme: ${words} does not go with ${scheme}, but with ${schemes.join(' and ')}.`,
      `With ${scheme} use ${others.join(', ')}.`,
    );
  }
  if (!levels.includes(target.level)) {
    throw invalidArgument(
      `scope_level: ${levelWords[target.level]} does not go with ${words}.`,
      `Use ${levels.map((level) => levelWords[level]).join(' or ')}; a workspace takes the scheme WorkloadIdentityFederation.`,
    );
  }
  if (target.level === 'Subscription' && target.resourceGroup !== undefined && !takesGroup) {
    throw invalidArgument(
      `resource_group: ${words} cannot be limited to a resource group.`,
      'Leave it out; roles of the identity are what limits it.',
    );
  }
  if (kind === 'automatic' && withoutAutomatic.includes(environment)) {
    throw invalidArgument(
      `automatic: Azure DevOps makes no apps in ${environment}.`,
      'Use an app registration that exists (client_id), with federation or with client_secret or certificate.',
    );
  }
  if (serviceManagementReference !== undefined && scheme !== 'WorkloadIdentityFederation' && kind !== 'automatic') {
    throw invalidArgument(
      `service_management_reference: it does not go with ${words}.`,
      'Leave it out, or use the scheme WorkloadIdentityFederation.',
    );
  }
}

function checkTarget(target: ServiceConnectionTarget): void {
  const fields =
    target.level === 'ManagementGroup'
      ? { management_group_id: target.managementGroupId }
      : {
          subscription_id: target.subscriptionId,
          resource_group: target.resourceGroup,
          workspace_name: target.level === 'AzureMLWorkspace' ? target.workspaceName : undefined,
        };
  const [issue] = identitySchema.safeParse(fields).error?.issues ?? [];
  if (issue !== undefined) {
    throw invalidArgument(`${issue.path.join('.')}: ${issue.message}.`, 'arm_query shows what there is.');
  }
}

/** Looks at a credential before it goes anywhere; repeats nothing of a secret. Throws `invalid_argument`. */
function checkCredential(credential: ServiceConnectionCredential, target: ServiceConnectionTarget, now: number): void {
  if ('clientId' in credential && !isGuid(credential.clientId)) {
    throw invalidArgument(
      'client_id: use the client id of the app registration, a GUID.',
      'The portal shows it as Application (client) ID.',
    );
  }
  switch (credential.kind) {
    case 'key':
      inspectSecret('client_secret', credential.key, now);
      return;
    case 'certificate':
      inspectSecret('certificate', credential.certificate, now);
      return;
    case 'managed_identity':
      checkManagedIdentityId(credential.resourceId);
      return;
    case 'publish_profile':
      checkProfile(credential.profile);
      checkWebApp(credential.webAppId, target);
      return;
    case 'automatic':
    case 'app_registration':
    case 'agent':
  }
}

const group = String.raw`\/subscriptions\/(${guidSource})\/resourcegroups\/[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]`;
const identityId = new RegExp(
  String.raw`^${group}\/providers\/microsoft\.managedidentity\/userassignedidentities\/[\w-]{1,128}$`,
  'iu',
);
const webAppId = new RegExp(
  String.raw`^${group}\/providers\/microsoft\.web\/sites\/[\w-]{1,60}(?:\/slots\/[\w-]{1,60})?$`,
  'iu',
);

function checkManagedIdentityId(id: string): void {
  if (identityId.test(id)) return;
  throw invalidArgument(
    'managed_identity_id: it is not the id of a user-assigned managed identity.',
    'Use /subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}; arm_query lists them.',
  );
}

function checkWebApp(id: string, target: ServiceConnectionTarget): void {
  const subscriptionId = webAppId.exec(id)?.[1]?.toLowerCase();
  if (subscriptionId === undefined) {
    throw invalidArgument(
      'web_app_id: it is not the id of a web app.',
      'Use /subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.Web/sites/{name}, optionally with /slots/{slot}.',
    );
  }
  if (target.level === 'Subscription' && target.subscriptionId.toLowerCase() !== subscriptionId) {
    throw invalidArgument(
      'subscription_id: the web app is in another subscription.',
      'Leave subscription_id out: it follows from web_app_id.',
    );
  }
}

const longestProfile = 64 * 1024;

/** The file that the portal gives out: XML with the address and the password of each way to publish. */
function checkProfile(profile: Secret): void {
  const text = profile.reveal();
  const isProfile = /<publishData[\s>]/.test(text) && /<publishProfile\s/.test(text) && text.includes('</publishData>');
  if (text.length <= longestProfile && isProfile) return;
  throw invalidArgument(
    'publish_profile: it is not a publish profile (XML with publishData and publishProfile).',
    'Download it in the portal: web app > Overview > Download publish profile, and pass {"file": "/path"}.',
  );
}

const longestDescription = 4_000;

/** Texts that the service only keeps and shows. */
function checkTexts({ description = '', serviceManagementReference = '', target }: CreateServiceConnection): void {
  if (description.length > longestDescription || !isPlainText(description)) {
    throw invalidArgument(
      'description: it is too long, or has control or invisible characters.',
      `Use at most ${longestDescription} visible characters.`,
    );
  }
  const lines = { service_management_reference: serviceManagementReference, ...shownNames(target) };
  for (const [field, text = ''] of Object.entries(lines)) {
    if (text.length > longestName || !isPlainLine(text)) {
      throw invalidArgument(
        `${field}: it is too long, or has control or invisible characters.`,
        `Use at most ${longestName} visible characters on one line.`,
      );
    }
  }
}

function shownNames(target: ServiceConnectionTarget): Readonly<Record<string, string | undefined>> {
  switch (target.level) {
    case 'Subscription':
      return { subscription_name: target.subscriptionName };
    case 'ManagementGroup':
      return { management_group_name: target.managementGroupName };
    case 'AzureMLWorkspace':
      return { subscription_name: target.subscriptionName, workspace_location: target.workspaceLocation };
  }
}

const longestName = 256;

/**
 * The general rules for names of Azure DevOps; pipelines name the connection in YAML, where blanks at the ends get lost.
 * https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions
 */
function checkName(name: string): string {
  if (name === '' || name.length > longestName || name !== name.trim() || !isPlainLine(name)) {
    const bad = badCharacter(name, plainLine);
    throw invalidArgument(
      `name: ${shown(name)} is not a name for a service connection${bad === undefined ? '' : `: ${bad}`}.`,
      `Use 1 to ${longestName} characters, without control characters and without blanks at the ends.`,
    );
  }
  return name;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100).toWellFormed());
}
