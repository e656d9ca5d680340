import { readFileSync } from 'node:fs';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly license?: string;
}

const preamble = `Tenantry
Copyright (c) 2026 The Tenantry maintainers

The published files in dist/ contain the following packages, each under its own licence.
`;

/** The NOTICE file: every package that the lockfile marks as needed at run time, with its licence. */
export function notice(root: URL): string {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(new URL('package-lock.json', root), 'utf8'),
  );
  const lines = Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev && !entry.optional)
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return `- ${name} ${entry.version ?? ''} (${entry.license ?? 'see its package'})`;
    });
  return `${preamble}\n${[...new Set(lines)].sort().join('\n')}\n`;
}
