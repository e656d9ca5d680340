import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Cloud } from '../../core/base/clouds.ts';
import { createSandbox } from '../../sandbox/create-sandbox.ts';
import type { Sandbox, SandboxCredentials } from '../../sandbox/sandbox.ts';
import { seededCredentials } from '../../sandbox/seed/sandbox-credentials.ts';
import { viewAnswer } from '../output/answer-view.ts';
import { cutLine } from '../output/text-table.ts';
import { azureConnection, reportsConnection } from './azure-steps.ts';
import { startDemoIssuer } from './demo-issuer.ts';
import {
  type DemoMemory,
  type DemoStep,
  demoCloud,
  demoSecretVariable,
  reportsSecretVariable,
  searchKey,
  searchService,
  workspace,
} from './demo-step.ts';
import { demoSteps } from './demo-steps.ts';
import { tokenAudience, workloadSubject } from './federation-steps.ts';
import { StdioClient } from './stdio-client.ts';

export interface DemoOptions {
  /** Program and arguments that start `tenantry`; the demo adds its own. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

type Say = (line?: string, ...formats: ('bold' | 'dim' | 'green' | 'red')[]) => void;

/**
 * The guided tour: the real server over stdio, against a sandbox tenant on a loopback port, in its own home folder.
 * Resolves with the number of steps that failed.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  // Colours appear only on a terminal, and not with NO_COLOR.
  const say: Say = (line = '', ...formats) =>
    options.out.write(`${styleText(formats, line, { stream: options.out })}\n`);
  const home = await mkdtemp(join(tmpdir(), 'tenantry-demo-'));
  // The folder of the home from which arguments of tools may take secrets.
  const secrets = join(home, 'secrets');
  await mkdir(secrets, { mode: 0o700 });
  const sandbox = createSandbox();
  const reports = seededCredentials('limited');
  const issuer = await startDemoIssuer();
  let client: StdioClient | undefined;
  try {
    const { cloud } = await sandbox.listen(0);
    const tokenFile = join(secrets, 'token');
    await writeFile(tokenFile, issuer.issue(workloadSubject, tokenAudience, sandbox.clock.now()), { mode: 0o600 });
    const config = join(home, 'tenantry.yaml');
    await writeFile(config, configFile(cloud, sandbox.credentials, reports));
    client = new StdioClient({
      command: options.command,
      args: [...options.args, 'stdio', '--home', home, '--config', config],
      env: {
        ...options.env,
        [demoSecretVariable]: sandbox.credentials.clientSecret,
        [reportsSecretVariable]: reports.clientSecret,
      },
    });
    const running = client;
    const stop = () => void running.close();
    options.signal.addEventListener('abort', stop, { once: true });
    await client.initialize();
    const tools = await client.listTools();
    say('Tenantry, a guided tour', 'bold');
    say(
      `A real server on stdio, ${tools.length} tools, and a sandbox tenant with 240 users and two subscriptions. No network, no account.`,
    );
    const memory = new Map([...firstMemory(sandbox), ['issuer', issuer.url], ['tokenFile', 'token']]);
    let failed = 0;
    for (const [index, step] of demoSteps.entries()) {
      options.signal.throwIfAborted();
      say();
      say(`${index + 1}. ${step.title}`, 'bold');
      say(step.why);
      failed += (await runStep(step, { client, sandbox, memory, say, signal: options.signal })) ? 0 : 1;
    }
    say();
    if (failed === 0) {
      say(`All ${demoSteps.length} steps did what they promised.`, 'green');
    } else {
      say(`${failed} of ${demoSteps.length} steps failed.`, 'red');
    }
    return failed;
  } finally {
    await client?.close();
    await sandbox.close();
    await issuer.close();
    await rm(home, { recursive: true, force: true });
  }
}

interface Tour extends Pick<DemoOptions, 'signal'> {
  readonly client: StdioClient;
  readonly sandbox: Sandbox;
  readonly memory: DemoMemory;
  readonly say: Say;
}

async function runStep(step: DemoStep, { client, sandbox, memory, say, signal }: Tour): Promise<boolean> {
  const args = step.args(memory);
  step.prepare?.(sandbox);
  say(`> ${step.tool} ${shorten(JSON.stringify(args))}`, 'dim');
  try {
    const progress = (text: string) => say(`  … ${text}`, 'dim');
    const { isError, structured, diagnostics } = await client.callTool(step.tool, args, progress);
    for (const line of step.tell(viewAnswer(isError, { ...structured, diagnostics }), memory, sandbox)) {
      say(`  ${cutLine(line, widestLine)}`);
    }
    say('  ok', 'green');
    return true;
  } catch (error) {
    // The step did not fail: it was broken off.
    signal.throwIfAborted();
    say(`  failed: ${error instanceof Error ? error.message : String(error)}`, 'red');
    return false;
  }
}

function firstMemory(sandbox: Sandbox): DemoMemory {
  const { tenantId, clientId, clientSecret, subscriptionId } = sandbox.credentials;
  return new Map([
    ['tenantId', tenantId],
    ['clientId', clientId],
    ['clientSecret', clientSecret],
    ['subscriptionId', subscriptionId],
  ]);
}

/** A configuration as an operator writes it: the cloud, two declared connections and a secret by its name. */
function configFile(cloud: Cloud, main: SandboxCredentials, reports: SandboxCredentials): string {
  const declare = (name: string, { tenantId, subscriptionId, clientId }: SandboxCredentials, secret: string) => [
    `  - name: ${name}`,
    `    cloud: ${demoCloud}`,
    `    tenant_id: ${tenantId}`,
    `    subscription_id: ${subscriptionId}`,
    `    client_id: ${clientId}`,
    `    client_secret: { env: ${secret} }`,
  ];
  return [
    'clouds:',
    `  ${demoCloud}:`,
    `    login: ${cloud.login}`,
    `    graph: ${cloud.graph}`,
    `    resource_manager: ${cloud.resourceManager}`,
    `    devops: ${cloud.devops}`,
    '    data_plane:',
    ...Object.entries(cloud.dataPlane).map(([plane, pattern]) => `      ${plane}: "${pattern}"`),
    // The tour makes connections that write, assigns roles and creates credentials, over MCP like an agent: each
    // would wait for a person's yes. These two lines are an operator's yes in advance.
    'policy:',
    '  max_access: read_write',
    '  confirm: never',
    'connections:',
    ...declare(azureConnection, main, demoSecretVariable),
    '    organization: contoso',
    '    scopes: [directory, resources, storage, devops]',
    '    access: read_write',
    ...declare(reportsConnection, reports, reportsSecretVariable),
    '    scopes: [storage]',
    'secrets:',
    '  named:',
    `    ${searchKey}:`,
    `      env: ${demoSecretVariable}`,
    '      use: [export]',
    `      to: [{ holder: "${workspaceId(main)}", target: "${searchService}" }]`,
    `      cloud: ${demoCloud}`,
    '',
  ].join('\n');
}

function workspaceId({ subscriptionId }: SandboxCredentials): string {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${workspace.resource_group}`;
  return `${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace.workspace_name}`;
}

/** The rest of a line says nothing that the tour is about. */
const widestLine = 200;

function shorten(text: string): string {
  const cut = cutLine(text, widestLine);
  return cut === text ? text : `${cut} (${text.length} characters)`;
}
