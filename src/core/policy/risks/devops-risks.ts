import { member, textOf } from '../../base/guards.ts';
import type { PolicyRequest } from '../addresses/address.ts';
import { authority, type Risk } from './risk.ts';

const credential = authority('credential', 'makes an identity trust a service connection');
const pipelines = authority('pipelines', 'lets pipelines use a service connection');
const role = authority('role', 'changes who may do what in Azure DevOps');

/** Risks of one request to Azure DevOps. https://learn.microsoft.com/rest/api/azure/devops/security */
export function devopsRisks({ method, addresses: [own], body, query }: PolicyRequest): readonly Risk[] {
  const text = own.join('/');
  if (
    /\/_apis\/(?:accesscontrol\w*|security\w*|graph\/memberships|graph\/users|graph\/serviceprincipals|tokens|\w*entitlements|permissions)/.test(
      text,
    )
  )
    return [role];
  if (/\/_apis\/pipelines\/pipelinepermissions/.test(text)) return [pipelines];
  if (!/\/_apis\/serviceendpoint\/endpoints/.test(text) || method === 'DELETE') return [];
  const isConversion = Object.entries(query).some(
    ([name, value]) => name.toLowerCase() === 'operation' && /convert/i.test(value),
  );
  const scheme = textOf(member(member(body, 'authorization'), 'scheme'));
  return isConversion || /workloadidentityfederation/i.test(scheme) ? [credential] : [];
}
