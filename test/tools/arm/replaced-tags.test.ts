import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
});
afterAll(() => tools.close());

const write = (input: Readonly<Record<string, unknown>>) => tools.call('arm_write', input);
const read = (path: string) => tools.call('arm_query', { path });

test('a PATCH names the tags that it may remove, and what adds to them', async () => {
  const path = 'resourceGroups/rg-contoso-data';
  const body = { tags: { owner: 'ada' } };
  const tried = await write({ method: 'PATCH', path, body, dry_run: true });
  expect(tried.response.data.not_in_body).toEqual(['tags.environment']);
  expect(tried.meta.notes).toContainEqual(expect.stringContaining('/tags/default with {"operation":"Merge"'));
  const merge = { operation: 'Merge', properties: body };
  const merged = await write({
    method: 'PATCH',
    path: `${path}/providers/Microsoft.Resources/tags/default`,
    body: merge,
  });
  expect(merged.meta.notes).not.toContainEqual(expect.stringContaining('Merge'));
  expect((await read(path)).response.data.tags).toEqual({ environment: 'production', owner: 'ada' });
  // The dry run was right about the service.
  const replaced = await write({ method: 'PATCH', path, body });
  expect(replaced.response.data.tags).toEqual({ owner: 'ada' });
  expect(replaced.meta.notes).toContainEqual(expect.stringContaining('/tags/default with {"operation":"Merge"'));
});
