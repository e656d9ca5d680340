import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inCommandWords } from '../../../src/cli/output/command-words.ts';
import { tools } from '../../../src/tools/registry.ts';

test.each([
  ['Call complete_connection for "contoso".', 'Run tenantry connections complete contoso.'],
  ['Call complete_connection for contoso first.', 'Run tenantry connections complete contoso first.'],
  [
    'Call complete_connection with tenant_id, client_id; auth_type azure needs them.',
    'Run tenantry connections complete with --tenant-id, --client-id; --auth-type azure needs them.',
  ],
  ['Run validate_connection for the details.', 'Run tenantry connections validate for the details.'],
  [
    'Correct tenant_id with complete_connection (replace_identity: true).',
    'Correct --tenant-id with tenantry connections complete (--replace-identity).',
  ],
  ['Go back with convert_connection and revert: true.', 'Go back with tenantry connections convert and --revert.'],
  [
    'Go back with complete_connection and client_secret: {"previous": true}, or supply a corrected one.',
    'Go back with tenantry connections complete and --client-secret previous, or supply a corrected one.',
  ],
  [
    'Call complete_connection with certificate: {"prompt": true}, where a person enters both.',
    'Run tenantry connections complete with --certificate prompt, where a person enters both.',
  ],
  [
    'Call complete_connection with tenant_id, client_id, certificate.',
    'Run tenantry connections complete with --tenant-id, --client-id, --certificate.',
  ],
  [
    'Supply client_secret or certificate with complete_connection.',
    'Supply --client-secret or --certificate with tenantry connections complete.',
  ],
  [
    'Set client_secret of the connection in tenantry.yaml, and run validate_connection.',
    'Set client_secret of the connection in tenantry.yaml, and run tenantry connections validate.',
  ],
  ['Remove it with delete_connection.', 'Remove it with tenantry connections remove.'],
  ['Call get_operation with it.', 'Run tenantry call get_operation with it.'],
  ['See tenantry call graph_query.', 'See tenantry call graph_query.'],
  ['Grant User.Read.All.', 'Grant User.Read.All.'],
])('%s', (hint, words) => {
  expect(inCommandWords(hint)).toBe(words);
  expect(inCommandWords(words)).toBe(words);
});

test('where a hint names no connection, it is that of the answer', () => {
  expect(inCommandWords('Supply subscription_id with complete_connection.', 'contoso')).toBe(
    'Supply --subscription-id with tenantry connections complete contoso.',
  );
});

/** Every text literal of the source that names a tool: hints, notes and next steps among them. */
function textsThatNameTools(): string[] {
  const root = new URL('../../../src/', import.meta.url).pathname;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const ours = files.filter((file) => /^(?:core|server|tools|runtime)\/.*\.ts$/.test(file) && !file.endsWith('.d.ts'));
  const names = tools.map(({ name }) => name);
  return ours
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/'(?:[^'\\\n]|\\.)+'|`(?:[^`\\]|\\.)+`/g)])
    .map(([literal]) => literal.slice(1, -1))
    .filter((text) => text.includes(' ') && names.some((name) => text.includes(name)));
}

test('every text that names a tool names a command at the terminal', () => {
  const texts = textsThatNameTools();
  expect(texts.length).toBeGreaterThan(80);
  const toolNames = new RegExp(`(?<!tenantry call )\\b(?:${tools.map(({ name }) => name).join('|')})\\b`);
  for (const text of texts) {
    const words = inCommandWords(text, 'contoso');
    expect(words).not.toMatch(toolNames);
    expect(words).not.toMatch(/tenantry \S+ tenantry|[Cc]all tenantry|(?:connections \w+ contoso contoso)/);
  }
});
