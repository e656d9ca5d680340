import type { Entity } from '../../base/entity-store.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { mix } from '../../seed/hash.ts';
import { notModelled, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { checkOptions, filterOf } from '../query/derived-list.ts';
import { parseSelect } from '../query/select.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';

/**
 * `/reports/authenticationMethods/userRegistrationDetails`: who has registered for multifactor authentication, in one page.
 * Source: "List userRegistrationDetails", "userRegistrationDetails resource type".
 */
export const handleReports: GraphHandler = async (parsed, request, context): Promise<SandboxResponse> => {
  if (request.method !== 'GET' || parsed.type !== 'userRegistrationDetails' || parsed.suffix !== undefined) {
    throw notModelled(`${request.method} ${parsed.template}`);
  }
  checkOptions(parsed, ['$filter', '$select', '$format']);
  const select = parseSelect(parsed.query.get('$select'), { type: parsed.type, isCollection: parsed.isCollection });
  const project = createProjector({ select, withType: false });
  const show = (entity: Entity) => project({ type: 'userRegistrationDetails', entity });
  const name = parsed.names.join('/');
  if (parsed.isCollection) {
    const value = registrationDetails(context).filter(filterOf(parsed)).map(show);
    return { status: 200, body: { '@odata.context': metadataAddress(name, parsed, request), value } };
  }
  const id = parsed.keys[0]?.value.toLowerCase() ?? '';
  const found = registrationDetails(context).find((details) => details.id === id);
  if (!found) throw resourceNotFound(id);
  return {
    status: 200,
    body: { '@odata.context': metadataAddress(`${name}/$entity`, parsed, request), ...show(found) },
  };
};

/** What each enabled user has registered; the report leaves disabled users out. */
function registrationDetails({ store }: GraphCallContext): readonly Entity[] {
  const administrators = new Set(
    [...store.scan('directoryRole')].flatMap(({ entity }) => store.links('directoryRole.members', entity.id)),
  );
  return [...store.scan('user')].flatMap(({ entity: user }) => {
    if (user['accountEnabled'] !== true) return [];
    const methodsRegistered = methodsOf(user);
    const isMfaRegistered = methodsRegistered.length > 0;
    const isPasswordlessCapable = methodsRegistered.includes('passKeyDeviceBound');
    return [
      {
        id: user.id,
        userPrincipalName: user['userPrincipalName'],
        userDisplayName: user['displayName'],
        userType: user['userType'] === 'Guest' ? 'guest' : 'member',
        isAdmin: administrators.has(user.id),
        isSsprRegistered: isMfaRegistered,
        isSsprEnabled: true,
        isSsprCapable: isMfaRegistered,
        isMfaRegistered,
        isMfaCapable: isMfaRegistered,
        isPasswordlessCapable,
        methodsRegistered,
        isSystemPreferredAuthenticationMethodEnabled: true,
        systemPreferredAuthenticationMethods: isPasswordlessCapable ? ['Fido2'] : [],
        userPreferredMethodForSecondaryAuthentication: preferredOf(methodsRegistered),
        lastUpdatedDateTime: user['createdDateTime'],
      },
    ];
  });
}

function preferredOf(methods: readonly string[]): string {
  if (methods.length === 0) return 'none';
  return methods.includes('microsoftAuthenticatorPush') ? 'push' : 'sms';
}

const choices: readonly (readonly string[])[] = [
  ['microsoftAuthenticatorPush', 'softwareOneTimePasscode'],
  ['microsoftAuthenticatorPush', 'mobilePhone'],
  ['mobilePhone'],
  ['microsoftAuthenticatorPush', 'passKeyDeviceBound'],
];

/** The same for a user in every run: nothing for guests, who register at home, and for one employee in eight. */
function methodsOf({ id, userType }: Entity): readonly string[] {
  const [first = 0, second = 0] = id.split('-').map((part) => Number.parseInt(part, 16));
  const roll = mix(first, second, 13);
  if (userType === 'Guest' || roll % 8 === 0) return [];
  return choices[(roll >>> 8) % choices.length] ?? [];
}
