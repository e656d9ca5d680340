import type { Config } from '../runtime/config/config.ts';

/** Says what a configuration opens to every agent: any variable or any file; undefined where it does not. */
export function oldFreedom({ secrets }: Config): string | undefined {
  const open = [
    ...(secrets.environment.includes('*') ? ['any variable of the process'] : []),
    ...(secrets.files.some((folder) => /^\/+$|^[A-Za-z]:[\\/]*$/.test(folder)) ? ['any file that it can read'] : []),
  ];
  return open.length === 0 ? undefined : `agents may use ${open.join(' and ')} as a secret`;
}
