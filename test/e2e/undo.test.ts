import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

async function run(...args: readonly string[]) {
  const product = new Product(lab, ...args);
  product.process.stdin.end();
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}

async function audit(...args: readonly string[]) {
  const { code, stdout, stderr } = await run('audit', ...args);
  const lines = stdout.split('\n').filter(Boolean);
  return { code, lines: lines.map((line) => JSON.parse(line)), stderr };
}

async function call(tool: string, input: object) {
  return JSON.parse((await run('call', tool, JSON.stringify({ connection: 'lab', ...input }))).stdout);
}

describe('tenantry audit --undo', () => {
  test('takes a write back that was tried before, after the yes of a person, once', async () => {
    const { response } = await call('graph_query', {
      endpoint: '/users?$select=id,jobTitle&$top=1',
      auto_paginate: false,
    });
    const [user] = response.data.value;
    const requests = [{ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'Pilot' } }];
    await call('graph_write', { requests, dry_run: true });
    const written = await call('graph_write', { requests });
    const { receipt } = written.meta.undo;
    expect((await audit('-n', '1')).lines).toMatchObject([{ tool: 'graph_write', receipt }]);
    expect(await audit('--undo', receipt, '--yes', '--agent')).toMatchObject({ code: 1, lines: [] });
    const unasked = await audit('--undo', receipt);
    expect(unasked).toMatchObject({ code: 1, lines: [], stderr: expect.stringContaining('--yes') });
    expect(await audit('--undo', receipt, '--yes')).toMatchObject({
      code: 0,
      lines: [{ receipt, outcome: 'undone', undone: [`PATCH /users/${user.id}`] }],
    });
    expect((await audit('-n', '1')).lines).toMatchObject([{ tool: 'graph_write', undoes: receipt }]);
    const after = await call('graph_query', { endpoint: `/users/${user.id}?$select=jobTitle` });
    expect(after.response.data.jobTitle).toBe(user.jobTitle);
    const again = await audit('--undo', receipt, '--yes');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('was undone at') });
    expect(await audit('--undo', receipt, '--follow')).toMatchObject({ code: 2 });
  });
});
