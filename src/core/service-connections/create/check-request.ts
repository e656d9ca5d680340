import type { Clock } from '../../base/clock.ts';
import type { Cloud } from '../../base/clouds.ts';
import { type AppError, invalidArgument } from '../../base/errors.ts';
import { guidSource, isGuid } from '../../base/guid.ts';
import { badCharacter, isPlainLine, isPlainText, plainLine } from '../../base/plain-text.ts';
import { inspectSecret } from '../../connections/inspect-secret.ts';
import { identitySchema, resourceGroupSource } from '../../record/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import { credentialRules, kindsOf, levelWords, testableSchemes } from '../credential-rules.ts';
import {
  type AzureEnvironment,
  azureEnvironments,
  type CreateServiceConnection,
  type ServiceConnectionCredential,
  type ServiceConnectionTarget,
  serviceConnectionSchemes,
  unknownWord,
} from '../service-connection.ts';
import type { ConnectionPlan } from './creation.ts';

/** Environments where Azure DevOps makes no apps. */
const withoutAutomatic: readonly AzureEnvironment[] = ['AzureStack', 'AzureUSGovernment'];

/**
 * Checks that the parts of a request fit together, and turns them into a plan. Throws `invalid_argument` with what is
 * valid; sends nothing.
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
        `tenant_id: ${environment} is not the cloud of the connection, and has other tenants.`,
        `Pass the tenant_id of the tenant in ${environment}.`,
      )
    : invalidArgument(
        `${field}: it cannot be read in ${environment}, which is not the cloud of the connection.`,
        'Pass its client_id and tenant_id instead, or use a connection of that cloud.',
      );
}

/** Address of Azure Resource Manager by `data.environment`; an Azure Stack has one of its own. */
const managementUrls: Readonly<Record<Exclude<AzureEnvironment, 'AzureStack'>, string>> = {
  AzureCloud: 'https://management.azure.com/',
  AzureUSGovernment: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};

/** The environment of the connection's own cloud. Clouds with other addresses count as the public one. */
function environmentOf({ resourceManager }: Pick<Cloud, 'resourceManager'>): Exclude<AzureEnvironment, 'AzureStack'> {
  const host = URL.parse(resourceManager)?.hostname;
  if (host === 'management.usgovcloudapi.net') return 'AzureUSGovernment';
  return host === 'management.chinacloudapi.cn' ? 'AzureChinaCloud' : 'AzureCloud';
}

/** The `url` of the service connection. Throws `invalid_argument` for a missing, wrong or unsafe `environmentUrl`. */
function managementUrl(environment: AzureEnvironment, environmentUrl: string | undefined): string {
  if (environment === 'AzureStack') return stackUrl(environmentUrl);
  if (environmentUrl !== undefined) {
    throw invalidArgument(
      `environment_url: it goes with the environment AzureStack only, not with ${environment}.`,
      'Leave environment_url out, or pass environment: AzureStack.',
    );
  }
  return managementUrls[environment];
}

const stackExample =
  'Pass the management address of the Azure Stack, e.g. https://management.local.azurestack.external.';

/**
 * Azure DevOps and its agents send tokens to this address, so it must be unambiguous: https, a full host name, and
 * nothing else. We send nothing to it.
 */
function stackUrl(text: string | undefined): string {
  if (text === undefined) throw invalidArgument('environment_url: an Azure Stack needs it.', stackExample);
  const url = URL.parse(text.trim());
  const fault = url === null ? 'it is not an address' : faultOf(url);
  if (url === null || fault !== undefined) throw invalidArgument(`environment_url: ${fault}.`, stackExample);
  return `${url.origin}/`;
}

function faultOf(url: URL): string | undefined {
  const host = url.hostname.replace(/\.$/, '');
  if (url.protocol !== 'https:') return 'it does not begin with https://';
  if (url.username !== '' || url.password !== '') return 'it has a user name or password in it';
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/') return 'it has more than a host in it';
  // URL has turned every spelling of an IPv4 address into four numbers.
  if (host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host)) return 'it names a number instead of a host';
  if (host === 'localhost' || host.endsWith('.localhost') || !host.includes('.')) return 'its host is not a full name';
  return undefined;
}

/** Typed callers cannot get here; those of the library may. */
function checkKnown(field: string, value: string, valid: readonly string[]): void {
  if (!valid.includes(value)) throw unknownWord(field, value, valid);
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
      `Use ${levels.map((level) => levelWords[level]).join(' or ')}. ${whyNoWorkspace}`,
    );
  }
  if (target.level === 'Subscription' && target.resourceGroup !== undefined && !takesGroup) {
    throw invalidArgument(
      `resource_group: ${words} cannot be limited to a resource group.`,
      'Omit it; the roles of the identity limit it.',
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

const whyNoWorkspace =
  'Azure DevOps offers a workspace only with an identity that it makes or a managed identity, not with a key or certificate of yours: for a workspace use the scheme WorkloadIdentityFederation.';

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
    throw invalidArgument(`${issue.path.join('.')}: ${issue.message}.`, 'arm_query shows the existing ones.');
  }
}

/** Checks a credential before it is sent. Throws `invalid_argument`, without repeating any secret. */
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
    // Opened after this, by `openCredential`.
    case 'certificate':
  }
}

const group = String.raw`\/subscriptions\/(${guidSource})\/resourcegroups\/${resourceGroupSource}`;
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

/** The file that the portal exports: XML with the address and password of each way to publish. */
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

/** Texts that the service only stores and displays. */
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
 * The general rules for names of Azure DevOps; pipelines name the connection in YAML, which drops blanks at the ends.
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
