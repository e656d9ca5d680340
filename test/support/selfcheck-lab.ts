import type { CallContext } from '../../src/core/base/call-context.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import type { ConnectionScope } from '../../src/core/record/connection.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import type { SelfCheckReport } from '../../src/core/selfcheck/report.ts';
import { runSelfcheck } from '../../src/core/selfcheck/run-selfcheck.ts';
import { seededCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from './call.ts';
import { passTime } from './pass-time.ts';
import { createRewritingClient, type RewritingClient } from './rewriting-client.ts';
import { openSandboxTools, type SandboxTools, type SandboxToolsOptions } from './sandbox-tools.ts';

export const everyScope: readonly ConnectionScope[] = [
  ...(['directory', 'resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml', 'devops'] as const),
];

/** Apps of the sandbox that may do little: each is a connection of its name. */
export const limitedApps = ['readOnly', 'noRoles', 'limited', 'expired'] as const;
type LimitedApp = (typeof limitedApps)[number];

function declare(app: LimitedApp) {
  const { tenantId, subscriptionId, clientId, clientSecret, organization } = seededCredentials(app);
  return {
    name: app.toLowerCase(),
    provider: 'azure',
    scopes: everyScope,
    cloud: 'sandbox',
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId, organization },
    secrets: { client_secret: new Secret(clientSecret) },
  } as const;
}

const sandboxSubscription = '5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001';

/** A sandbox connection to check, whose services can be changed on the way. Tests await through fake time. */
export interface SelfcheckLab {
  readonly tools: SandboxTools;
  readonly service: RewritingClient;
  /** Default: the app of the sandbox, which may do everything. */
  check(call?: CallContext, app?: LimitedApp): Promise<SelfCheckReport>;
  close(): Promise<void>;
}

export async function openSelfcheckLab(options: SandboxToolsOptions = {}): Promise<SelfcheckLab> {
  const service = createRewritingClient();
  const tools = await openSandboxTools({
    scopes: everyScope,
    identity: { subscription_id: sandboxSubscription, organization: 'contoso' },
    watch: service.watch,
    declared: limitedApps.map(declare),
    ...options,
  });
  const run = async (call: CallContext, name: string) => {
    const { runtime, sandbox } = tools;
    const connection = await runtime.opener.open(await runtime.connections.get(name, localCaller), localCaller);
    const { linkedServices } = runtime;
    return runSelfcheck({ connection, linkedServices, clock: sandbox.clock, version: '1.2.3' }, call);
  };
  return {
    tools,
    service,
    check: (call = testCall(), app) => passTime(run(call, app?.toLowerCase() ?? 'sandbox')),
    close: () => tools.close(),
  };
}

/** `about what` of everything that differs, by the id of its check. */
export function differencesOf({ checks }: SelfCheckReport): Readonly<Record<string, readonly string[]>> {
  const found = checks
    .filter(({ outcome }) => outcome === 'differs')
    .map(({ id, differences = [] }) => [id, differences.map(({ about, what }) => `${about} ${what}`)] as const);
  return Object.fromEntries(found);
}
