import { z } from 'zod';
import { isGuid } from '../../src/core/base/guid.ts';

// The permission data of Microsoft Graph: which permission opens which method of which path.
// https://github.com/microsoftgraph/microsoft-graph-devx-content/tree/dev/permissions

const scheme = z.object({ adminDisplayName: z.string().default(''), privilegeLevel: z.number().optional() });
const pathSetSchema = z.object({
  schemeKeys: z.array(z.string()),
  methods: z.array(z.string()),
  paths: z.record(z.string(), z.string()),
});
const permissionsSchema = z.object({
  permissions: z.record(
    z.string(),
    z.object({ schemes: z.record(z.string(), scheme), pathSets: z.array(pathSetSchema) }),
  ),
});
const deploymentsSchema = z.object({
  permissionDeployments: z.record(
    z.string(),
    z.array(
      z.object({
        id: z.string().default(''),
        scheme: z.string(),
        environment: z.string().default(''),
        isHidden: z.boolean().default(false),
        isEnabled: z.boolean().default(false),
      }),
    ),
  ),
});

/** Use by an app alone, or by an app for a person with a work account. */
export type Scheme = 'Application' | 'DelegatedWork';
export const schemes: readonly Scheme[] = ['Application', 'DelegatedWork'];

export interface Permission {
  readonly name: string;
  readonly title: string;
  /** Id by which each use is granted; absent where it cannot be granted. */
  readonly ids: Readonly<Partial<Record<Scheme, string>>>;
  /** 1 to 5 as Microsoft rates it; a rating that is missing counts as the highest. */
  readonly levels: Readonly<Record<Scheme, number>>;
}

/** One permission that an operation accepts for one use. */
export interface Acceptance {
  readonly permission: Permission;
  readonly isMarkedLeast: boolean;
  /** One of these is needed as well. */
  readonly alsoOneOf: readonly string[];
}

export interface PermissionOperation {
  readonly method: string;
  /** As the data spells it, the variant with most capitals; every key is `{id}`, and there is no slash at the end. */
  path: string;
  readonly accepted: Readonly<Record<Scheme, Acceptance[]>>;
}

export interface PermissionData {
  readonly permissions: readonly Permission[];
  /** By method and lower-case path. */
  readonly operations: ReadonlyMap<string, PermissionOperation>;
}

const highestLevel = 9;

function capitals(text: string): number {
  return text.replaceAll(/[^A-Z]/g, '').length;
}

/** `least=Application,DelegatedWork;AlsoRequires=A,B` */
function readMark(mark: string): { least: readonly string[]; alsoOneOf: readonly string[] } {
  const namesAfter = (key: string) =>
    mark
      .split(';')
      .find((part) => part.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .split(',') ?? [];
  return { least: namesAfter('least'), alsoOneOf: namesAfter('AlsoRequires') };
}

function grantIds(deployments: z.output<typeof deploymentsSchema>, name: string): Permission['ids'] {
  const ids: Partial<Record<Scheme, string>> = {};
  for (const use of schemes) {
    const usable = (deployments.permissionDeployments[name] ?? []).filter(
      (one) => one.scheme === use && one.isEnabled && one.environment.split(';').includes('public') && isGuid(one.id),
    );
    const best = usable.find(({ isHidden }) => !isHidden) ?? usable[0];
    if (best !== undefined) ids[use] = best.id.toLowerCase();
  }
  return ids;
}

/** Joins permissions.json and provisioningInfo.json. Paths of queries (`?$filter=…`) are no paths and are left out. */
export function readPermissions(permissionsJson: string, provisioningJson: string): PermissionData {
  const data = permissionsSchema.parse(JSON.parse(permissionsJson)).permissions;
  const deployments = deploymentsSchema.parse(JSON.parse(provisioningJson));
  const permissions = Object.entries(data).map(
    ([name, { schemes: uses }]): Permission => ({
      name,
      title: uses['Application']?.adminDisplayName ?? uses['DelegatedWork']?.adminDisplayName ?? '',
      ids: grantIds(deployments, name),
      levels: {
        Application: uses['Application']?.privilegeLevel ?? highestLevel,
        DelegatedWork: uses['DelegatedWork']?.privilegeLevel ?? highestLevel,
      },
    }),
  );
  const byName = new Map<string, Permission>();
  // A few names also stand in the data in another case, without an id.
  for (const permission of permissions.toSorted((a, b) => Object.keys(a.ids).length - Object.keys(b.ids).length)) {
    byName.set(permission.name.toLowerCase(), permission);
  }
  const operations = new Map<string, PermissionOperation>();
  for (const [name, { pathSets }] of Object.entries(data)) {
    for (const set of pathSets) acceptAll(operations, set, (use) => grantable(name, use, byName));
  }
  return { permissions: [...byName.values()], operations };
}

function acceptAll(
  operations: Map<string, PermissionOperation>,
  { methods, paths, schemeKeys }: z.output<typeof pathSetSchema>,
  permissionFor: (use: Scheme) => Permission | undefined,
): void {
  for (const use of schemes.filter((one) => schemeKeys.includes(one))) {
    const permission = permissionFor(use);
    if (permission === undefined) continue;
    for (const [path, mark] of Object.entries(paths)) {
      for (const method of methods) accept(operations, { method, path, mark, use, permission });
    }
  }
}

/** Some rows name a permission of people for apps too, which have it as `….All`: `Calendars.ReadBasic`. */
function grantable(name: string, use: Scheme, byName: ReadonlyMap<string, Permission>): Permission | undefined {
  const permission = byName.get(name.toLowerCase());
  const ofApps = byName.get(`${name.toLowerCase()}.all`);
  return permission?.ids[use] === undefined && ofApps?.ids[use] !== undefined ? ofApps : permission;
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly mark: string;
  readonly use: Scheme;
  readonly permission: Permission;
}

function accept(operations: Map<string, PermissionOperation>, { method, path, mark, use, permission }: Entry): void {
  if (path.includes('?')) return;
  const bare = path.replace(/\/+$/, '').replaceAll(/\/[({][\w-]+[)}]+/g, '/{id}');
  const key = `${method} ${bare.toLowerCase()}`;
  const operation = operations.get(key) ?? { method, path: bare, accepted: { Application: [], DelegatedWork: [] } };
  operations.set(key, operation);
  if (capitals(bare) > capitals(operation.path)) operation.path = bare;
  const { least, alsoOneOf } = readMark(mark);
  const isMarkedLeast = least.includes(use);
  const accepted = operation.accepted[use];
  const known = accepted.findIndex((one) => one.permission.name === permission.name);
  if (known < 0) {
    accepted.push({ permission, isMarkedLeast, alsoOneOf });
  } else if (isMarkedLeast) {
    accepted[known] = { permission, isMarkedLeast, alsoOneOf };
  }
}
