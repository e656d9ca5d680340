/** One entry of package-lock.json, as far as the scripts read it. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** Node's own rule: the nearest `node_modules` on the way up from the package that imports it. */
export function locatePackage(name: string, from: string, packages: LockedPackages): string | undefined {
  let base = from;
  while (base !== '') {
    const path = `${base}/node_modules/${name}`;
    if (packages[path]) return path;
    base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')));
  }
  return packages[`node_modules/${name}`] ? `node_modules/${name}` : undefined;
}
