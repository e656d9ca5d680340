import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKnownSecrets } from '../../src/core/secrets/secret.ts';
import { parseArguments } from '../../src/server/tool-arguments.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { devops } from './hostile/devops-rows.ts';
import { identities } from './hostile/identity-rows.ts';
import type { Row } from './hostile/rows.ts';
import { ml } from './hostile/workspace-rows.ts';

const all: readonly Row[] = [...devops, ...ml, ...identities];
const forgiven = await Promise.all(all.map(isForgiven));
const rows = all.filter((_, index) => !forgiven[index]);

/** Whether a host is forgiven this: it is read as something else, which is valid (`inputs/forgiven-spellings.test.ts`). */
async function isForgiven([, name, fields]: Row): Promise<boolean> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  const input = tool.bindsConnection ? { connection: 'sandbox', ...fields } : fields;
  const known = createKnownSecrets();
  const read = await parseArguments(tool, input, { known, offerConnections: async () => '' }).catch(() => undefined);
  return read !== undefined && !isDeepStrictEqual(read.meant, input);
}

let box: SandboxTools;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5 });
  const { tenantId, clientId, clientSecret } = box.sandbox.credentials;
  const identity = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
  await box.call('create_connection', { name: 'prod', cloud: 'sandbox', access: 'read_write' });
  await box.call('complete_connection', { connection: 'prod', ...identity });
});
afterAll(() => box.close());

describe('hostile arguments of the tools for identities and connections of services', () => {
  test.each(rows.map((row, index) => [index, row[0], row[1], summary(row[2]), row[2]] as const))(
    '%i: %s of %s is refused before any request: %s',
    async (_index, _what, tool, _summary, input) => {
      box.forget();
      const { isError, response } = await box.call(tool, input);
      expect(isError).toBe(true);
      expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/\w{3}/) });
      expect(response.error.message.length).toBeLessThan(2_000);
      expect(box.seen()).toEqual([]);
    },
  );
});

test('few of the rows are forgiven', () => {
  expect(all.length - rows.length).toBeLessThan(120);
  expect(rows.length).toBeGreaterThan(1_000);
});

function summary(input: unknown): string {
  const text = JSON.stringify(input) ?? '';
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}
