import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { givenValue } from '../../core/base/environment.ts';
import { claimSandboxHome } from '../../runtime/config/sandbox-home.ts';

/** The folder of one run of the sandbox. */
export interface SandboxHome {
  readonly path: string;
  /** Removes it, unless the person has named it. */
  close(): void;
}

/** The folder that was named, if it may be one of the sandbox; otherwise one for this run, gone when the process is. */
export function openSandboxHome(named: string | undefined): SandboxHome {
  const kept = givenValue(named);
  if (kept !== undefined) {
    const path = resolve(kept);
    claimSandboxHome(path);
    return { path, close: () => undefined };
  }
  // It is made when something is written for the first time.
  const path = join(tmpdir(), `tenantry-sandbox-${randomUUID()}`);
  const remove = () => rmSync(path, { recursive: true, force: true });
  // However the process ends, unless it is killed.
  process.once('exit', remove);
  return {
    path,
    close() {
      process.off('exit', remove);
      remove();
    },
  };
}
