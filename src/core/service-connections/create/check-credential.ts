import { invalidArgument } from '../../base/errors.ts';
import { isGuid } from '../../base/guid.ts';
import { inspectSecret } from '../../connections/inspect-secret.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { ServiceConnectionCredential, ServiceConnectionTarget } from '../service-connection.ts';

/** Looks at a credential before it goes anywhere; repeats nothing of a secret. Throws `invalid_argument`. */
export function checkCredential(
  credential: ServiceConnectionCredential,
  target: ServiceConnectionTarget,
  now: number,
): void {
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

const group = String.raw`\/subscriptions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/resourcegroups\/[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]`;
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

/** Id of the subscription that a web app is in; undefined when the id is not that of a web app. */
function subscriptionOfWebApp(id: string): string | undefined {
  return webAppId.exec(id)?.[1]?.toLowerCase();
}

function checkWebApp(id: string, target: ServiceConnectionTarget): void {
  const subscriptionId = subscriptionOfWebApp(id);
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
