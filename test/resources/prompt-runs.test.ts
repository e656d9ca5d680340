import type { GetPromptResult, ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSurface, type Surface } from '../../src/server/surface.ts';
import { tools as registry } from '../../src/tools/registry.ts';
import {
  type Answer,
  openSandboxTools,
  type SandboxTools,
  type SandboxToolsOptions,
} from '../support/sandbox-tools.ts';
import { audience, openFederatedTools, subject } from '../tools/connections/federated-tools.ts';

// Each prompt is followed step by step, with the arguments that its text names, as an agent does.

// Prompts and resources ask nothing of their context.
const context = {} as ServerContext;

interface Followed {
  readonly steps: readonly string[];
  /** The checklists that came along. */
  readonly checklists: readonly Checklist[];
}

interface Checklist {
  readonly open: number;
  readonly next?: string;
  readonly steps: readonly { readonly step: string; readonly state: string; readonly commands?: readonly string[] }[];
}

async function follow(surface: Surface, name: string, args: Record<string, string>): Promise<Followed> {
  const result = await surface.getPrompt({ name, arguments: args }, context);
  if (!('messages' in result)) throw new Error('A prompt asks nothing.');
  // Narrowed above; the other kind of result has an index signature.
  const { messages } = result as GetPromptResult;
  const [first, ...others] = messages.map(({ content }) => content);
  if (first?.type !== 'text') throw new Error('A prompt begins with its steps.');
  const texts = others.map((content) =>
    content.type === 'resource' && 'text' in content.resource ? content.resource.text : '{}',
  );
  return { steps: first.text.split('\n'), checklists: texts.map((text) => JSON.parse(text)) };
}

async function readChecklist(surface: Surface, name: string): Promise<Checklist> {
  const { contents } = await surface.readResource({ uri: `tenantry://checklist/${name}` }, context);
  const [content] = contents;
  return JSON.parse(content !== undefined && 'text' in content ? content.text : '{}');
}

async function open(options: SandboxToolsOptions = {}): Promise<{ tools: SandboxTools; surface: Surface }> {
  const tools = await openSandboxTools({ frozenClock: true, ...options });
  onTestFinished(() => tools.close());
  return { tools, surface: createSurface(tools.runtime, { listed: registry, callable: registry }) };
}

function succeeded(answer: Answer): Answer {
  expect(answer.response, answer.text).toMatchObject({ success: true });
  return answer;
}

/** The graph_query call that a step describes. */
function queryIn(steps: readonly string[], title: string) {
  const step = steps.find((line) => line.startsWith(title)) ?? '';
  const [, endpoint = ''] = /graph_query (\/\w+)/.exec(step) ?? [];
  const [, params] = /params (\{"\$filter":"[^"]*","\$select":"[^"]*"\})/.exec(step) ?? [];
  const [, project] = / project (value\S+)\.$/.exec(step) ?? [];
  // The log of the sandbox goes back a few days only.
  const day = '2026-11-20T10:00:00Z';
  return {
    endpoint,
    ...(params === undefined ? {} : { params: JSON.parse(params.replace(/\{90 days ago[^}]*\}/, day)) }),
    ...(project === undefined ? {} : { project }),
  };
}

describe('audit_licenses', () => {
  test('answers every question with one call', async () => {
    const { tools, surface } = await open();
    await tools.call('validate_connection', { connection: 'sandbox' });
    const { steps, checklists } = await follow(surface, 'audit_licenses', { connection: 'sandbox' });
    expect(checklists[0]?.steps).toContainEqual(expect.objectContaining({ step: 'graph_permissions', state: 'done' }));
    tools.forget();
    const units = succeeded(await tools.call('graph_query', queryIn(steps, 'Units')));
    expect(units.response.data[0] ?? units.response.data.value[0]).toEqual({
      product: expect.any(String),
      id: expect.any(String),
      bought: expect.any(Number),
      used: expect.any(Number),
    });
    const disabled = succeeded(await tools.call('graph_query', queryIn(steps, 'Disabled people')));
    expect(disabled.meta.complete).toBe(true);
    const inactive = succeeded(await tools.call('graph_query', queryIn(steps, 'Inactive people')));
    expect(inactive.response.data.value.length).toBeGreaterThan(0);
    expect(tools.seen().every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('onboard_tenant', () => {
  test('leads from nothing to a healthy connection, and goes on where it was left', async () => {
    const { tools, surface } = await open({ environment: {} });
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    const begun = await follow(surface, 'onboard_tenant', { name: 'contoso', tenant_id: tenantId });
    expect(begun.checklists).toEqual([]);
    expect(begun.steps[0]).toContain(`\`${tenantId}\``);
    const listed = await tools.call('list_connections');
    expect(listed.response.data.value.map(({ name }: { name: string }) => name)).not.toContain('contoso');
    succeeded(await tools.call('create_connection', { name: 'contoso', cloud: 'sandbox', scopes: ['directory'] }));
    // Somebody comes back later.
    const { checklists } = await follow(surface, 'onboard_tenant', { name: 'contoso', tenant_id: tenantId });
    expect(checklists[0]?.next).toContain('Register an app');
    expect(checklists[0]?.steps.find(({ step }) => step === 'credential')?.commands).toBeDefined();
    const identity = { connection: 'contoso', tenant_id: tenantId, client_id: clientId };
    succeeded(await tools.call('complete_connection', { ...identity, client_secret: clientSecret }));
    const { response } = succeeded(await tools.call('validate_connection', { connection: 'contoso' }));
    expect(response.data.health).toBe('healthy');
    const after = await readChecklist(surface, 'contoso');
    expect(after).toMatchObject({ open: 0 });
    expect(after).not.toHaveProperty('next');
  });
});

test('migrate_to_federation leads from a secret to federation, and back', async () => {
  const tools = await openFederatedTools();
  onTestFinished(() => tools.close());
  const surface = createSurface(tools.runtime, { listed: registry, callable: registry });
  const validate = () => tools.call('validate_connection', { connection: 'prod' });
  expect((await validate()).response.data.health).toBe('healthy');
  const { issuer } = tools.issuer;
  const { steps, checklists } = await follow(surface, 'migrate_to_federation', { connection: 'prod', issuer });
  expect(steps).toContain(`The issuer is \`${issuer}\`. Ask me for the subject: the sub claim of its tokens.`);
  expect(checklists[0]?.steps).toContainEqual(expect.objectContaining({ step: 'validate', state: 'done' }));
  await tools.writeToken();
  succeeded(await tools.convert({ issuer, subject, audience }));
  expect((await validate()).response.data.health).toBe('healthy');
  expect(await readChecklist(surface, 'prod')).toMatchObject({ open: 0 });
  succeeded(await tools.call('convert_connection', { connection: 'prod', revert: true }));
  expect((await validate()).response.data.health).toBe('healthy');
});

test('migrate_to_federation converts a project after a dry run, and verifies it', async () => {
  const { tools, surface } = await open({ scopes: ['devops'], identity: { organization: 'contoso' } });
  const { steps } = await follow(surface, 'migrate_to_federation', { connection: 'sandbox', project: 'Payments' });
  expect(steps.filter((step) => step.includes('service_connection'))).toHaveLength(3);
  const place = { project: 'Payments' };
  succeeded(await tools.call('list_service_connections', place));
  tools.forget();
  const planned = succeeded(await tools.call('convert_service_connection', { ...place, all: true, dry_run: true }));
  expect(planned.response.data.summary.would_convert).toBeGreaterThan(0);
  expect(tools.seen().filter(({ service, method }) => service === 'devops' && method !== 'GET')).toEqual([]);
  const [first] = planned.response.data.value;
  const converted = succeeded(await tools.call('convert_service_connection', { ...place, ids: [first.id] }));
  expect(converted.response.data.summary).toEqual({ converted: 1 });
  const [shown] = succeeded(await tools.call('list_service_connections', { ...place, id: first.id, verify: true }))
    .response.data.value;
  expect(shown).toMatchObject({ scheme: 'WorkloadIdentityFederation' });
});

test('explain_failure finds in the checklist what explains a refusal', async () => {
  const { tools, surface } = await open({ access: 'read_only' });
  const refused = await tools.call('graph_query', { endpoint: '/userz' });
  expect(refused.isError).toBe(true);
  await tools.call('validate_connection', { connection: 'sandbox' });
  const error = JSON.stringify(refused.response);
  const { steps, checklists } = await follow(surface, 'explain_failure', { error, connection: 'sandbox' });
  const quoted = steps.slice(steps.indexOf('```') + 1, steps.lastIndexOf('```')).join('\n');
  expect(JSON.parse(quoted.replaceAll('`', "'"))).toMatchObject({ error: { code: expect.any(String) } });
  expect(checklists[0]?.steps).toContainEqual(expect.objectContaining({ step: 'graph_permissions', state: 'done' }));
});
