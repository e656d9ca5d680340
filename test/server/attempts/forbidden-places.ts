import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that no agent may use as a secret, and how it is named. */
export interface ForbiddenPlace {
  readonly kind: 'variable' | 'file' | 'name';
  readonly what: string;
  readonly reference: Readonly<Record<string, string>>;
}

/** Part of everything that must not be read. */
export const mark = 'MARKED-8c1d';

/** Variables of the process; the first is allowed. */
export const variables: Readonly<Record<string, string>> = {
  TENANTRY_SECRET_OK: 'allowed-variable-value',
  TENANTRY_SECRET_EMPTY: ' ',
  TENANTRY_SECRE: `${mark}-shorter`,
  tenantry_secret_low: `${mark}-lower`,
  X_TENANTRY_SECRET_A: `${mark}-prefixed`,
  AWS_SECRET_ACCESS_KEY: `${mark}-aws`,
  PROD_AZURE_SECRET: `${mark}-declared`,
  PATH: `${mark}-path`,
};

const variablePlaces: readonly ForbiddenPlace[] = [
  ...Object.keys(variables).slice(1),
  'TENANTRY_SECRET_UNSET',
  'TENANTRY_SECRET_*',
  'TENANTRY_SECRET_OK ',
  ' TENANTRY_SECRET_OK',
  'TENANTRY_SECRET_OK\0',
  'TENANTRY_SECRET_OK=x',
  'tenantry_secret_ok',
  '$TENANTRY_SECRET_OK',
  '*',
  '__proto__',
].map((env) => ({ kind: 'variable', what: JSON.stringify(env), reference: { env } }));

/** Secrets by name that are not for the call, besides the ones that do not exist. */
export const namePlaces: readonly ForbiddenPlace[] = [
  ...['nothing', 'BOUND', 'bound ', '../bound', 'bound\0', '__proto__', 'constructor', '*', ' '],
  ...['elsewhere', 'other-target', 'other-cloud', 'unreadable'],
].map((secret) => ({ kind: 'name', what: JSON.stringify(secret), reference: { secret } }));

/** Puts marked files everywhere, and names them in every way. `outside` is what must stay unread. */
export function placeFiles(home: string, folder: string): { places: readonly ForbiddenPlace[]; outside: string } {
  const secrets = join(home, 'secrets');
  const outside = join(folder, 'outside');
  mkdirSync(secrets, { recursive: true });
  mkdirSync(join(folder, 'plain'));
  const write = (path: string, text = `${mark}-file`) => writeFileSync(path, text, { mode: 0o600 });
  for (const path of [outside, join(folder, 'plain', 'x'), join(home, 'marked'), join(home, 'tenantry.yaml.old')])
    write(path);
  // Older than its content: a first read would show in its time of access.
  utimesSync(outside, new Date('2020-01-01'), new Date('2025-01-01'));
  write(join(secrets, 'ok'), 'allowed-file-value');
  mkdirSync(join(secrets, '..v1'));
  write(join(secrets, '..v1', 'token'), 'allowed-linked-value');
  symlinkSync('..v1', join(secrets, '..data'));
  symlinkSync('..data/token', join(secrets, 'linked'));
  mkdirSync(join(secrets, 'folder'));
  symlinkSync(outside, join(secrets, 'link-out'));
  symlinkSync('../marked', join(secrets, 'link-home'));
  symlinkSync(folder, join(secrets, 'link-folder'));
  symlinkSync('/proc/self/environ', join(secrets, 'link-proc'));
  symlinkSync('/dev/zero', join(secrets, 'link-device'));
  symlinkSync('nowhere', join(secrets, 'link-nowhere'));
  write(join(folder, 'hard'));
  linkSync(join(folder, 'hard'), join(secrets, 'hard-link'));
  execFileSync('mkfifo', [join(secrets, 'pipe')]);
  write(join(secrets, 'big'), mark.repeat(8_000));
  write(join(secrets, 'open'));
  chmodSync(join(secrets, 'open'), 0o666);
  write(join(secrets, 'empty'), '\n');
  const below = ['folder', 'link-out', 'link-home', 'link-folder/outside', 'link-proc', 'link-device', 'link-nowhere'];
  const files = [
    ...[...below, 'hard-link', 'pipe', 'big', 'open', 'empty', 'nothing'].flatMap((name) => [
      name,
      join(secrets, name),
    ]),
    ...[outside, join(folder, 'plain', 'x'), join(home, 'marked'), join(home, 'master.key'), join(home, 'tenantry.db')],
    ...['../marked', 'folder/../../marked', `${secrets}/../marked`, `${secrets}/./../marked`, `${secrets}//../marked`],
    ...[`${secrets}`, `${secrets}/`, '.', '..', '/', '~', '~/.ssh/id_rsa', '~root/x', '%2e%2e/marked', '..%2fmarked'],
    ...[
      '/etc/passwd',
      '/etc/shadow',
      '/proc/self/environ',
      '/proc/self/../self/environ',
      '/proc/1/cmdline',
      '/sys/kernel/version',
    ],
    ...[
      '/dev/stdin',
      '/dev/zero',
      `file://${outside}`,
      `${outside}\0`,
      ` ${outside}`,
      `\\\\?\\${outside}`,
      'C:\\Windows\\win.ini',
    ],
  ];
  return {
    places: [
      ...variablePlaces,
      ...files.map(
        (file): ForbiddenPlace => ({
          kind: 'file',
          what: JSON.stringify(file.replaceAll(folder, '…')),
          reference: { file },
        }),
      ),
      ...namePlaces,
    ],
    outside,
  };
}
