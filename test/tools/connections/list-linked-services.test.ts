import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
});
afterAll(() => tools.close());

interface Group {
  readonly service: string;
  readonly found: number;
  readonly usable?: number;
  readonly resources: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly name: string }>;
}

const list = async (input: Readonly<Record<string, unknown>> = {}) => {
  const answer = await tools.call('list_linked_services', input);
  return { ...answer, groups: answer.response.data?.value as readonly Group[] };
};

describe('list_linked_services', () => {
  test('finds the services of the connection, one group each', async () => {
    const { groups, response } = await list();
    expect(response.success).toBe(true);
    expect(groups.map(({ service }) => service)).toEqual([
      'blob',
      'servicebus',
      'postgresql',
      'cosmos-gremlin',
      'azure-search',
    ]);
    for (const { found, resources, usable } of groups) {
      expect(found).toBe(resources.length);
      expect(found).toBeGreaterThanOrEqual(2);
      expect(usable).toBeUndefined();
    }
    expect(groups[0]?.resources.map(({ name }) => name)).toContain('stcontosodata');
    expect(JSON.stringify(groups)).not.toContain('"stages"');
  });

  test('shows the services that are asked for, in the order of the question, once', async () => {
    const { groups } = await list({ services: ['azure-search', 'blob', 'blob'] });
    expect(groups.map(({ service }) => service)).toEqual(['azure-search', 'blob']);
  });

  test('with probe each resource says whether it can be used, and what stands in the way', async () => {
    const updates: number[] = [];
    const answer = await tools.call(
      'list_linked_services',
      { services: ['blob', 'azure-search'], probe: true },
      { progress: ({ progress }) => updates.push(progress) },
    );
    const groups = answer.response.data.value as readonly Group[];
    for (const { usable, resources } of groups) {
      expect(usable).toBe(resources.filter((one) => one['usable'] === true).length);
      for (const one of resources) {
        expect(Object.keys(one).sort()).toEqual(
          ['id', 'name', 'location', 'endpoint', 'usable', ...('stages' in one ? ['stages'] : [])].sort(),
        );
        expect('stages' in one).toBe(one['usable'] === false);
      }
    }
    expect(answer.text).not.toContain('"pass"');
    const archive = groups[0]?.resources.find(({ name }) => name === 'stcontosoarchive');
    expect(archive).toMatchObject({ usable: false, stages: [{ stage: 'network', status: 'fail' }] });
    expect(groups[0]?.resources.find(({ name }) => name === 'stcontosodata')).toMatchObject({ usable: true });
    expect(updates.at(-1)).toBe(groups.reduce((sum, { found }) => sum + found, 0));
  });

  test('only_failing probes, and leaves out what works', async () => {
    const { groups } = await list({ services: ['blob', 'azure-search'], only_failing: true });
    const shown = groups.flatMap(({ resources }) => resources.map(({ name, usable }) => [name, usable]));
    expect(shown).toEqual([
      ['stcontosoarchive', false],
      ['srch-contoso-legacy', false],
    ]);
    expect(groups).toMatchObject([
      { service: 'blob', found: 4, usable: 3 },
      { service: 'azure-search', found: 2, usable: 1 },
    ]);
  });

  test('what hinders several is said once', async () => {
    // The token for Azure Resource Manager is there already; that for the data plane is refused.
    await list();
    tools.sandbox.fault({ service: 'login', match: 'POST *', status: 400, times: 100 });
    const { groups } = await list({ services: ['servicebus'], probe: true });
    expect(groups[0]?.resources).toMatchObject([
      { name: 'sb-contoso-legacy', usable: false, stages: [{ stage: 'token', status: 'fail' }] },
      { name: 'sb-contoso-orders', usable: false, stages_as: 'sb-contoso-legacy' },
    ]);
    expect(JSON.stringify(groups).match(/"hint"/g)).toHaveLength(1);
  });
});
