import { readFileSync, writeFileSync } from 'node:fs';
import { type LockedPackage, locatePackage } from './lockfile.ts';

// Run after `npm install` behind a registry that does not carry every platform's binaries. npm leaves those optional
// packages out of the lockfile and then refuses it in `npm ci`. This adds the missing entries: name, exact version and
// platform, without integrity, which npm fills in where it can fetch them.

const systems = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix', 'openharmony'];
const processors = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'mips64el'];
const processorAliases: Readonly<Record<string, string>> = { ppc64le: 'ppc64', gnueabihf: 'arm', musleabihf: 'arm' };

/** What the name of a binary package says: `@scope/binding-linux-x64-musl`. */
function platformOf(name: string): Record<string, readonly string[]> | undefined {
  const words = name.split(/[-/.]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = words.map((word) => processorAliases[word] ?? word).find((word) => processors.includes(word));
  if (!cpu && !os) return undefined;
  const libc = os === 'linux' && words.some((word) => word.startsWith('musl')) ? 'musl' : undefined;
  const glibc = os === 'linux' && words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined;
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(os ? { os: [os] } : {}),
    ...(libc || glibc ? { libc: [libc ?? glibc ?? ''] } : {}),
  };
}

const file = new URL('../package-lock.json', import.meta.url);
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(file, 'utf8'));
const added: string[] = [];
for (const [parent, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = locatePackage(name, parent, lock.packages);
    const platform = platformOf(name);
    const isKnown = place !== undefined && lock.packages[place]?.version === version;
    if (isKnown || !platform || !/^\d+\.\d+\.\d+/.test(version)) continue;
    // Another version may hold the shared place; then this one goes below the package that needs it.
    const free = place === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`;
    lock.packages[free] = { version, ...platform, ...(dev ? { dev } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.error(added.length === 0 ? 'nothing was missing' : `added ${added.length}: ${added.join(', ')}`);
