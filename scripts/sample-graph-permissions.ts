import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

// Writes test/support/graph-permission-samples.json: 300 operations with their least permissions, against which the catalog
// and the sandbox are tested. A second reading of the same data on purpose: it shares no code with
// generate-graph-catalog.ts, so that a mistake in one shows as a difference.
//   node scripts/sample-graph-permissions.ts <folder of the inputs>

const [, , folder = ''] = process.argv;
const count = 300;

function input(name: string): string {
  const plain = join(folder, name);
  return existsSync(plain) ? readFileSync(plain, 'utf8') : gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
}

interface Row {
  readonly name: string;
  readonly level: number;
  readonly marked: boolean;
  readonly also: string | undefined;
}

type Data = Record<
  string,
  {
    schemes: Record<string, { privilegeLevel?: number }>;
    pathSets: { schemeKeys: string[]; methods: string[]; paths: Record<string, string> }[];
  }
>;
type Grants = Record<string, { scheme: string; id?: string; environment?: string; isEnabled?: boolean }[]>;

// Files that we chose ourselves: their form is known.
const data = (JSON.parse(input('graph-permissions.json')) as { permissions: Data }).permissions;
const grants = (JSON.parse(input('graph-provisioning-info.json')) as { permissionDeployments: Grants })
  .permissionDeployments;

function canBeGranted(name: string, scheme: string): boolean {
  const entries = grants[name] ?? [];
  return entries.some(
    (entry) =>
      entry.scheme === scheme &&
      entry.isEnabled === true &&
      (entry.environment ?? '').includes('public') &&
      (entry.id ?? '').length === 36,
  );
}

/** `GET /users` to its rows for one scheme. */
function rowsFor(scheme: string): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const [name, { schemes, pathSets }] of Object.entries(data)) {
    const granted = canBeGranted(name, scheme) || !canBeGranted(`${name}.All`, scheme) ? name : `${name}.All`;
    const level = data[granted]?.schemes[scheme]?.privilegeLevel ?? schemes[scheme]?.privilegeLevel ?? 9;
    for (const { schemeKeys, methods, paths } of pathSets.filter((set) => set.schemeKeys.includes(scheme))) {
      if (schemeKeys.length === 0) continue;
      for (const [path, mark] of Object.entries(paths)) {
        const marked = new RegExp(`least=[^;]*\\b${scheme}\\b`).test(mark);
        const also = /AlsoRequires=([^;]+)/.exec(mark)?.[1];
        for (const method of methods) {
          const key = `${method} ${path.toLowerCase().replaceAll(/\/[({][^/]*[)}]/g, '/{id}')}`;
          found.set(key, [...(found.get(key) ?? []), { name: granted, level, marked, also }]);
        }
      }
    }
  }
  return found;
}

function rank(method: string, { name, level }: Row): string {
  const writes = method === 'GET' && (name.includes('ReadWrite') || name.includes('Manage')) ? 1 : 0;
  return `${level}${writes}${String(name.length).padStart(3, '0')}${name}`;
}

/** The first by level, reading before writing, length and letters. */
function first(method: string, rows: readonly Row[]): Row | undefined {
  return rows.toSorted((a, b) => (rank(method, a) < rank(method, b) ? -1 : 1))[0];
}

function least(method: string, scheme: string, rows: readonly Row[], ofPeople: string | undefined): string[] {
  const ofTenant = rows.filter(({ name }) => canBeGranted(name, scheme) && !/\.(Group|Chat|User)$/.test(name));
  const usable = ofTenant.filter(({ name }) => !name.includes('-'));
  const one =
    first(
      method,
      usable.filter(({ marked }) => marked),
    ) ??
    first(
      method,
      ofTenant.filter(({ name, marked }) => marked && !/^(Group-NestingSupport|AuditLogsQuery-)/.test(name)),
    ) ??
    usable.find(({ name }) => name === ofPeople) ??
    first(method, usable) ??
    first(
      method,
      rows.filter(({ marked }) => marked),
    ) ??
    first(method, rows);
  if (one === undefined) return [];
  if (one.also === undefined) return [one.name];
  const also = first(
    method,
    rows.filter(({ name }) => one.also?.split(',').includes(name)),
  );
  return [one.name, also?.name ?? one.also.split(',')[0] ?? ''];
}

/** Where the marks of the data are wrong, so the reference pages say something else. */
const exceptions =
  /^\w+ \/(users\/\{id\}|organization|groups\/\{id\}|oauth2permissiongrants.*|identity\/conditionalaccess\/policies.*)$/;
/** Spellings that stand for another path. */
const otherSpelling = /[?: ]|appid=/;

const csdl = input('graph-v1.0.csdl')
  .replaceAll(/"(Collection\()?(?:microsoft\.)?graph\./g, '"$1')
  .replaceAll('self.', 'security.');

/** Lower-case `type/segment` to the type that follows; a key keeps the type. */
const steps = new Map<string, string>();
const bases = new Map<string, string>();
for (const schema of csdl.split('<Schema Namespace="').slice(1)) {
  const space = /^(?:microsoft\.graph\.?)?([^"]*)"/.exec(schema)?.[1] ?? '';
  const prefix = space === '' ? '' : `${space}.`;
  for (const [, name, attributes = '', members = ''] of schema.matchAll(
    /<(?:Entity|Complex)Type Name="(\w+)"([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:Entity|Complex)Type>)/g,
  )) {
    const owner = `${prefix}${name}`.toLowerCase();
    bases.set(owner, (/BaseType="([^"]+)"/.exec(attributes)?.[1] ?? '').toLowerCase());
    for (const [, member, type] of members.matchAll(/<\w*Property Name="(\w+)" Type="(?:Collection\()?([\w.]+)/g)) {
      steps.set(`${owner}/${member}`.toLowerCase(), `${type}`.toLowerCase());
    }
  }
  for (const [, name, parameters = ''] of schema.matchAll(
    /<(?:Action|Function) Name="(\w+)"[^>]*>([\s\S]*?)<\/(?:Action|Function)>/g,
  )) {
    const owner = /Type="(?:Collection\()?([\w.]+)/.exec(parameters)?.[1] ?? '';
    const answer = /<ReturnType Type="(?:Collection\()?([\w.]+)/.exec(parameters)?.[1] ?? '';
    steps.set(`${owner}/${name}`.toLowerCase(), answer.toLowerCase());
  }
  for (const [, root, type] of schema.matchAll(/<(?:EntitySet|Singleton) Name="(\w+)" (?:Entity)?Type="([\w.]+)"/g)) {
    steps.set(`/${root}`.toLowerCase(), `${type}`.toLowerCase());
  }
}

/** Whether v1.0 has the path; some that need a cast are missed. */
function isCurrent(path: string): boolean {
  let type: string | undefined = '';
  for (const segment of path.split('/').slice(1)) {
    if (segment === '{id}' || segment === '$ref') continue;
    let owner: string = type;
    const name = segment.replace(/\(.*/, '');
    while (owner !== '' && !steps.has(`${owner}/${name}`)) owner = bases.get(owner) ?? '';
    type = owner === '' && type !== '' ? undefined : steps.get(`${owner}/${name}`);
    if (type === undefined) return false;
  }
  return true;
}

function isPlain(path: string): boolean {
  return !otherSpelling.test(path) && isCurrent(path);
}

const ofApps = rowsFor('Application');
const ofPeople = rowsFor('DelegatedWork');
const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const samples = [...new Set([...ofApps.keys(), ...ofPeople.keys()])]
  .filter((key) => !exceptions.test(key) && isPlain(key.slice(key.indexOf('/'))))
  .toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1))
  .slice(0, count)
  .toSorted()
  .map((key) => {
    const [method = '', path = ''] = key.split(' ');
    const delegated = least(method, 'DelegatedWork', ofPeople.get(key) ?? [], undefined);
    // Nobody has signed in where an app calls by itself.
    const isOfPerson = /^\/me\b/.test(path);
    const application = isOfPerson ? [] : least(method, 'Application', ofApps.get(key) ?? [], delegated[0]);
    return { method, path, application, delegated };
  });

const target = fileURLToPath(new URL('../test/support/graph-permission-samples.json', import.meta.url));
writeFileSync(target, `[\n${samples.map((sample) => `  ${JSON.stringify(sample)}`).join(',\n')}\n]\n`);
console.error(`wrote ${samples.length} operations to ${target}`);
