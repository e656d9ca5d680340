import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConfigFlags } from '../../../src/runtime/config/config.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { temporaryFolder } from '../../core/connections/support.ts';

/** Loads a configuration with this text in its file; without a text there is no file. */
export function load(yaml: string | undefined, variables: Record<string, string> = {}, flags: ConfigFlags = {}) {
  const home = join(temporaryFolder(), 'home');
  if (yaml !== undefined) {
    mkdirSync(home);
    writeFileSync(join(home, 'tenantry.yaml'), yaml);
  }
  return loadConfig({ flags: { home, ...flags }, environment: (name) => variables[name] });
}

/** What a configuration that must be refused is refused with. */
export async function errorOf(yaml: string) {
  const { config, error } = await load(yaml);
  expect(config.connections).toEqual([]);
  expect(error?.code).toBe('configuration');
  return `${error?.message} ${error?.hint}`;
}
