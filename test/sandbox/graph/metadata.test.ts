import { expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { createSandboxClient, sendRaw } from '../support/sandbox-client.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
}

/** Reads a document of elements and attributes; throws if it is not well-formed. */
function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  const rest = text.replaceAll(
    /<(\/?)([\w:.]+)((?:\s+[\w:.]+="[^"<&]*")*)\s*(\/?)>/g,
    (_, end, name, attributes, empty) => {
      if (end) {
        if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
        return '';
      }
      const pairs = [...attributes.matchAll(/([\w:.]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      const element: Element = { name, attributes: Object.fromEntries(pairs), children: [] };
      open.at(-1)?.children.push(element);
      if (!empty) open.push(element);
      return '';
    },
  );
  if (rest.trim() !== '<?xml version="1.0" encoding="utf-8"?>' || open.length !== 1) throw new Error(`left: ${rest}`);
  return root;
}

function schemaOf(text: string): readonly Element[] {
  const [edmx] = parseXml(text).children;
  expect(edmx).toMatchObject({ name: 'edmx:Edmx', attributes: { Version: '4.0' } });
  const schema = edmx?.children[0]?.children[0];
  expect(schema).toMatchObject({ name: 'Schema', attributes: { Namespace: 'microsoft.graph', Alias: 'graph' } });
  return schema?.children ?? [];
}

async function readMetadata(path = '/v1.0/$metadata') {
  const sandbox = createSandbox();
  return sendRaw(sandbox, 'GET', `${sandbox.cloud.graph}${path}`);
}

test('the metadata is a CSDL document that needs no token', async () => {
  const { status, headers, text } = await readMetadata();
  expect([status, headers['content-type']]).toEqual([200, 'application/xml']);
  const user = schemaOf(text).find(({ attributes }) => attributes['Name'] === 'user');
  expect(user).toMatchObject({ name: 'EntityType', attributes: { BaseType: 'graph.directoryObject' } });
  const member = (name: string) => user?.children.find(({ attributes }) => attributes['Name'] === name);
  expect(member('displayName')).toMatchObject({ name: 'Property', attributes: { Type: 'Edm.String' } });
  expect(member('createdDateTime')?.attributes['Type']).toBe('Edm.DateTimeOffset');
  expect(member('assignedLicenses')?.attributes['Type']).toBe('Collection(graph.assignedLicense)');
  expect(member('memberOf')).toMatchObject({
    name: 'NavigationProperty',
    attributes: { Type: 'Collection(graph.directoryObject)' },
  });
  expect((await readMetadata('/beta/$metadata')).status).toBe(200);
});

test('every type that it names is declared, once', async () => {
  const declared = schemaOf((await readMetadata()).text).filter(({ name }) => /^(Entity|Complex)Type$/.test(name));
  const names = declared.map(({ attributes }) => attributes['Name'] ?? '');
  expect(new Set(names).size).toBe(names.length);
  const used = [...(await readMetadata()).text.matchAll(/graph\.(\w+)/g)].map(([, name = '']) => name);
  expect(used.filter((name) => !names.includes(name))).toEqual([]);
});

test('every set and every relationship that it has is answered', async () => {
  const client = await createSandboxClient();
  const { text } = await client.get('/$metadata');
  const container = schemaOf(text).find(({ name }) => name === 'EntityContainer');
  const sets = container?.children
    .filter(({ name }) => name === 'EntitySet')
    .map(({ attributes }) => attributes['Name']);
  const statuses: Record<string, number> = {};
  for (const set of sets ?? []) {
    const { status } = await client.get(`/${set}?$select=id`);
    if (status !== 200) statuses[String(set)] = status;
  }
  // Objects that the service does not list, and lists that the sandbox does not have.
  expect(statuses).toEqual({ directoryObjects: 400, drives: 501, invitations: 501 });
  expect(sets?.length).toBeGreaterThan(10);
});
