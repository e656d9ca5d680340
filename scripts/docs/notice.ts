import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockedPackage>>;

const preamble = `Tenantry
Copyright (c) 2026 The Tenantry maintainers

The published files in dist/ contain the following packages, each under its own licence.
`;

/** The NOTICE file: every package that the sources import, and what those need in turn, with their licences. */
export function notice(root: URL): string {
  const lock: { packages: Packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
  const found = new Map<string, string>();
  const visit = (name: string, from: string) => {
    const path = locate(name, from, lock.packages);
    const entry = path === undefined ? undefined : lock.packages[path];
    if (path === undefined || !entry || found.has(path)) return;
    found.set(path, `- ${name} ${entry.version ?? ''} (${entry.license ?? 'see its package'})`);
    for (const dependency of Object.keys(entry.dependencies ?? {})) visit(dependency, path);
  };
  for (const name of importedPackages(new URL('src/', root))) visit(name, '');
  return `${preamble}\n${[...new Set(found.values())].sort().join('\n')}\n`;
}

/** Node's own rule: the nearest `node_modules` on the way up from the package that imports it. */
function locate(name: string, from: string, packages: Packages): string | undefined {
  let base = from;
  while (base !== '') {
    const path = `${base}/node_modules/${name}`;
    if (packages[path]) return path;
    base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')));
  }
  return packages[`node_modules/${name}`] ? `node_modules/${name}` : undefined;
}

function importedPackages(source: URL): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(new URL(file, source), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from |import\()'([^'.][^']*)'/g)) {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      // The keyring is never bundled: it is an optional package of its own.
      if (!isBuiltin(specifier) && !name.startsWith('@napi-rs/')) names.add(name);
    }
  }
  return names;
}
