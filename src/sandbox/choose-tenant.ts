import { subscriptionIdOf } from './arm/arm-ids.ts';
import { bearerToken } from './base/access-token.ts';
import type { WireRequest } from './base/exchange.ts';
import type { SandboxTenant } from './create-tenant.ts';
import { decodeJwt } from './entra/token-signer.ts';
import { namesOfTenant } from './seed/tenant.ts';

/** Finds the tenant of a request among those that share the addresses; undefined if nothing names one. */
type Choice = (wire: WireRequest, tenants: readonly SandboxTenant[]) => SandboxTenant | undefined;

/**
 * What a request asks for decides, and only then who asks: a token of another tenant arrives where it is refused, as in
 * the service. Whatever names no tenant is for the first.
 */
export function chooseTenant(wire: WireRequest, tenants: readonly SandboxTenant[]): SandboxTenant | undefined {
  const [first] = tenants;
  if (tenants.length < 2) return first;
  return choices[wire.destination.service](wire, tenants) ?? first;
}

const byToken: Choice = ({ headers }, tenants) => {
  const token = bearerToken({ headers });
  const tid = token === undefined ? undefined : decodeJwt(token)?.claims['tid'];
  return tenants.find(({ context }) => context.tenant.id === tid);
};

/** `/{tenant}/…`; an address for all tenants names an app or a code. */
const byLoginPath: Choice = ({ destination, body }, tenants) => {
  const segment = destination.rawPath.split('/', 2)[1]?.toLowerCase() ?? '';
  const named = tenants.find(({ context }) => namesOfTenant(context.tenant).includes(segment));
  if (named) return named;
  const parameters = [new URLSearchParams(destination.rawQuery), new URLSearchParams(Buffer.from(body).toString())];
  const clientId = parameters.map((one) => one.get('client_id')).find((one) => one !== null);
  return clientId === undefined
    ? undefined
    : tenants.find(({ context }) => context.store.findByKey('servicePrincipal', 'appId', clientId ?? ''));
};

const bySubscription: Choice = (wire, tenants) => {
  const subscriptionId = subscriptionIdOf(wire.destination.rawPath);
  const owner =
    subscriptionId === undefined
      ? undefined
      : tenants.find(({ arm }) => arm.subscription(subscriptionId) !== undefined);
  return owner ?? byToken(wire, tenants);
};

const byOrganization: Choice = (wire, tenants) => {
  const segment = wire.destination.rawPath.split('/', 2)[1]?.toLowerCase();
  const named = tenants.find(({ devops }) => devops.organization.name === segment);
  return named ?? byToken(wire, tenants) ?? byAccessToken(wire, tenants);
};

/** A personal access token, as Basic. */
const byAccessToken: Choice = ({ headers }, tenants) => {
  const basic = Buffer.from(headers['authorization']?.replace(/^basic\s+/i, '') ?? '', 'base64').toString();
  const token = basic.slice(basic.indexOf(':') + 1);
  return tenants.find(({ devops }) => devops.accessTokens.some((one) => one.token === token));
};

/** Only the tenant that sealed the authorization of the address can open it. */
const byTicket: Choice = ({ destination }, tenants) => {
  const ticket = new URLSearchParams(destination.rawQuery).get('tempauth') ?? '';
  return tenants.find(({ context }) => context.open(ticket) !== undefined);
};

/** Names of accounts are the same for all tenants of a cloud: each belongs to one. */
const byAccount: Choice = ({ destination }, tenants) => {
  const host = new URL(destination.base);
  const name = host.pathname.split('/').at(-1) || host.hostname.split('.')[0] || '';
  return tenants.find(({ arm }) => {
    for (const { name: other, type } of arm.resources()) {
      if (other.toLowerCase() === name.toLowerCase() && type.split('/').length === 2) return true;
    }
    return false;
  });
};

const choices: Readonly<Record<WireRequest['destination']['service'], Choice>> = {
  login: byLoginPath,
  graph: byToken,
  arm: bySubscription,
  devops: byOrganization,
  upload: byTicket,
  monitor: byTicket,
  storage: byAccount,
  servicebus: byAccount,
  search: byAccount,
};
