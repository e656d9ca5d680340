import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OidcIssuer, startOidcIssuer } from '../../../support/oidc-issuer.ts';
import {
  type Answer,
  type CallOptions,
  openSandboxTools,
  type SandboxTools,
  type SandboxToolsOptions,
} from '../../../support/sandbox-tools.ts';

export const subject = 'system:serviceaccount:prod:tenantry';
export const roles = [{ role: 'Reader' }, { role: 'Storage Blob Data Contributor' }];

type Input = Readonly<Record<string, unknown>>;

/** What provisioning of the connection `fresh` has left in the tenant and here. */
export interface Found {
  readonly apps: number;
  readonly principals: number;
  readonly passwords: number;
  readonly federated: number;
  /** Names of roles assigned to the principal, sorted. */
  readonly roles: readonly string[];
  readonly status: string | undefined;
  /** Secrets that the connection holds. */
  readonly held: readonly string[];
  /** Whether a request with the new connection succeeds. */
  readonly works: boolean;
}

export interface ProvisionedTenant {
  readonly tools: SandboxTools;
  readonly issuer: OidcIssuer;
  readonly tokenFile: string;
  inputOf(credential: 'secret' | 'federated'): Input;
  provision(input: Input, options?: CallOptions): Promise<Answer>;
  find(name?: string): Promise<Found>;
  close(): Promise<void>;
}

/** A sandbox, an issuer that signs for real, and a token of it in a file. The clock is to be frozen. */
export async function openTenant(options: SandboxToolsOptions = {}): Promise<ProvisionedTenant> {
  const tools = await openSandboxTools({ users: 5, ...options });
  const issuer = await startOidcIssuer({ subject, now: () => tools.sandbox.clock.now() });
  const folder = join(tools.home, 'secrets');
  await mkdir(folder, { recursive: true });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, await issuer.sign({ exp: Math.floor(tools.sandbox.clock.now() / 1000) + 86_400 }));
  const { call } = tools;
  const list = async (endpoint: string, params: Input) =>
    (await call('graph_query', { endpoint, params })).response.data.value;
  return {
    tools,
    issuer,
    tokenFile,
    inputOf: (credential) => ({
      name: 'fresh',
      credential,
      roles,
      ...(credential === 'secret' ? {} : { federated: { issuer: issuer.issuer, subject, token: { file: tokenFile } } }),
    }),
    provision: (input, callOptions) => call('provision_connection', input, callOptions),
    async find(name = 'fresh') {
      const apps = await list('/applications', { $filter: `displayName eq 'tenantry-${name}'` });
      const [app] = apps;
      const principals = app ? await list('/servicePrincipals', { $filter: `appId eq '${app.appId}'` }) : [];
      const federated = app ? await list(`/applications/${app.id}/federatedIdentityCredentials`, {}) : [];
      const shown = (await call('list_connections', { name })).response.data?.value?.[0];
      const usable = shown?.status === 'ready';
      const probe = usable
        ? await call('arm_query', {
            connection: name,
            path: `/subscriptions/${tools.sandbox.credentials.subscriptionId}`,
          })
        : undefined;
      return {
        apps: apps.length,
        principals: principals.length,
        passwords: app?.passwordCredentials.length ?? 0,
        federated: federated.length,
        roles: principals[0] ? await assignedRoles(call, tools, principals[0].id) : [],
        status: shown?.status,
        held: (shown?.secrets ?? []).map(({ kind, source }: Record<string, string>) => `${kind} ${source}`),
        works: probe !== undefined && !probe.isError,
      };
    },
    async close() {
      await tools.close();
      await issuer.close();
    },
  };
}

const namesOnly = 'value[].{name: name, properties: {roleName: properties.roleName}}';

async function assignedRoles(
  call: (name: string, input: Input) => Promise<Answer>,
  { sandbox }: SandboxTools,
  principalId: string,
): Promise<readonly string[]> {
  const authorization = `/subscriptions/${sandbox.credentials.subscriptionId}/providers/Microsoft.Authorization`;
  const params = { $filter: `principalId eq '${principalId}'` };
  const assignments = await call('arm_query', { path: `${authorization}/roleAssignments`, params, limit: 100 });
  const definitions = await call('arm_query', { path: `${authorization}/roleDefinitions`, project: namesOnly });
  const names = new Map<string, string>(
    definitions.response.data.value.map((one: { name: string; properties: { roleName: string } }) => [
      one.name,
      one.properties.roleName,
    ]),
  );
  return assignments.response.data.value
    .map(({ properties }: { properties: { roleDefinitionId: string } }) => {
      const guid = properties.roleDefinitionId.split('/').at(-1) ?? '';
      return names.get(guid) ?? guid;
    })
    .sort();
}

/** What both kinds of provisioning end with. */
export function finished(credential: 'secret' | 'federated'): Found {
  const isSecret = credential === 'secret';
  return {
    apps: 1,
    principals: 1,
    passwords: isSecret ? 1 : 0,
    federated: isSecret ? 0 : 1,
    roles: roles.map(({ role }) => role),
    status: 'ready',
    held: [isSecret ? 'client_secret provisioned' : 'federated_token file'],
    works: true,
  };
}
