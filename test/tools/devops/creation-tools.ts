// What the first call loads takes real time, in which no fake one may pass.
import '../../../src/core/service-connections/create/create-service-connection.ts';
import type { SeenRequest } from '../../../src/sandbox/sandbox.ts';
import type { Answer, CallOptions, SandboxToolsOptions } from '../../support/sandbox-tools.ts';
import { type DevOpsTools, type Row, useDevOpsTools } from './devops-tools.ts';

type Input = Readonly<Record<string, unknown>>;

export const federation = 'WorkloadIdentityFederation';
export const production = '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001';
export const webGroup = `${production}/resourceGroups/rg-contoso-web`;
export const identity = `${webGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-contoso-shop`;
export const webApp = `${webGroup}/providers/Microsoft.Web/sites/app-contoso-shop`;
/** An app of the seed that may read the production subscription. */
export const reader = '5a11d0c5-7e4a-4c0d-8b0a-de0500000005';
/** One without any role. */
export const nobody = 'bf1c8e3f-8666-4666-8551-45026b4b4584';

export interface CreationTools {
  readonly devops: DevOpsTools;
  /** Makes azure-new in the project Payments, unless the input says otherwise. */
  create(input: Input, options?: CallOptions): Promise<Answer>;
  /** Service connections of the name in Payments. */
  listed(name?: string): Promise<Row[]>;
  /** Requests of the test so far, by method and a part of the address. */
  sent(method: string, part: string): readonly SeenRequest[];
  /** Creations that reached Azure DevOps. */
  posted(): readonly SeenRequest[];
}

export function useCreation(options: SandboxToolsOptions = {}): CreationTools {
  const devops = useDevOpsTools(options);
  const sent = (method: string, part: string) =>
    devops.tools.seen().filter((request) => request.method === method && request.url.includes(part));
  return {
    devops,
    create: (input, options) => devops.call('create_service_connection', { name: 'azure-new', ...input }, options),
    async listed(name = 'azure-new') {
      const { response } = await devops.call('list_service_connections', { project: 'Payments' });
      return response.data.value.filter((row: Row) => row.name === name);
    },
    sent,
    posted: () => sent('POST', '/serviceendpoint/endpoints?'),
  };
}
