import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { isSandboxCloud } from '../../core/base/clouds.ts';
import { type Environment, givenValue, processEnvironment } from '../../core/base/environment.ts';
import { AppError } from '../../core/base/errors.ts';
import { createGuard, type Guard, type HomeCheck, inspectHome } from '../../core/base/private-paths.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { defaultPolicy, type Policy } from '../../core/policy/policy.ts';
import type { Access } from '../../core/record/connection.ts';
import { defaultExportLimits } from '../../core/storage/export-folder.ts';
import { defaultResultLimits } from '../../core/storage/result-store.ts';
import { type LogLevel, logLevels } from '../../core/telemetry/logger.ts';
import {
  type Config,
  type ConfigFlags,
  type ConfigResult,
  defaultMaxResultBytes,
  defaultSecretRules,
  type LoadConfigOptions,
  type VaultKind,
} from './config.ts';
import type { StoreSection } from './config-schema.ts';
import { buildClouds, buildDeclaredConnections, buildPolicy, buildSecretRules } from './config-sections.ts';
import { buildHttp } from './http-rules.ts';
import { isSandboxHome, needsSandbox } from './sandbox-home.ts';
import { buildStore } from './store-rules.ts';

/**
 * Reads flags, environment and file. Never throws and writes nothing: `error` says what is wrong, so that a server can
 * start and explain it.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<ConfigResult> {
  const flags = givenFlags(options.flags ?? {});
  const isSandbox = options.sandbox === true;
  const environment = environmentOf(options.environment ?? processEnvironment, isSandbox ? ofRealHomes : []);
  const home = resolve(flags.home ?? environment('TENANTRY_HOME') ?? platformHome(options, environment));
  const maxAccess = accessOf(flags.maxAccess ?? environment('TENANTRY_MAX_ACCESS'));
  const base: Config = {
    home,
    file: undefined,
    clouds: buildClouds({}),
    connections: [],
    secrets: defaultSecretRules,
    policy: withMaxAccess(defaultPolicy, maxAccess),
    maxResultBytes: defaultMaxResultBytes,
    storedResults: defaultResultLimits,
    exports: defaultExportLimits,
    readOnly: flags.readOnly === true || isTrue(environment('TENANTRY_READ_ONLY')),
    toolsets: listOf(flags.toolsets ?? environment('TENANTRY_TOOLSETS')),
    logLevel: logLevelOf(flags.logLevel ?? environment('TENANTRY_LOG_LEVEL')) ?? 'info',
    vault: vaultOf(environment('TENANTRY_VAULT')) ?? 'local',
    homeCheck: homeCheckOf(environment('TENANTRY_HOME_CHECK')) ?? 'refuse',
    environment,
  };
  const usageError = await errorOf(async () => checkVariables(flags, environment));
  if (usageError) return { config: base, error: usageError, isUsage: true };
  let config = base;
  const error = await errorOf(async () => {
    refuseFile(home);
    const guard = createGuard(base.homeCheck);
    guard(inspectHome(home));
    const isIsland = isSandbox || isSandboxHome(home);
    const named = flags.config ?? (isIsland ? undefined : environment('TENANTRY_CONFIG'));
    const { policy = defaultPolicy, storeSection, ...file } = await fileConfig(home, named, guard);
    const store = isIsland ? undefined : buildStore(storeSection, environment('TENANTRY_DATABASE_URL'));
    const whole = { ...base, ...file, policy: withMaxAccess(policy, maxAccess), ...withoutUndefined({ store }) };
    config = isIsland ? onIsland(whole, isSandbox) : whole;
  });
  return error ? { config, error } : { config };
}

/** A home that is a file would fail later, with each thing that is stored in it. */
function refuseFile(home: string): void {
  if (statSync(home, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  throw new AppError('configuration', `The home folder ${home} is a file.`, { hint: 'Name a folder with --home.' });
}

async function errorOf(work: () => Promise<void>): Promise<AppError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

type FileConfig = Pick<
  Config,
  'file' | 'clouds' | 'connections' | 'secrets' | 'policy' | 'maxResultBytes' | 'storedResults' | 'exports' | 'http'
>;

async function fileConfig(
  home: string,
  named: string | undefined,
  guard: Guard,
): Promise<Partial<FileConfig> & { readonly storeSection?: StoreSection | undefined }> {
  const file = named === undefined ? ownFile(home) : resolve(named);
  if (!isThere(file)) {
    if (named !== undefined) {
      throw new AppError('configuration', `The configuration file ${file} does not exist.`, {
        hint: 'Correct --config or TENANTRY_CONFIG.',
      });
    }
    return {};
  }
  // Schemas and the YAML parser are loaded only where there is something to parse.
  const { readConfigFile } = await import('./config-file.ts');
  const parsed = await readConfigFile(file, guard);
  const clouds = buildClouds(parsed.clouds);
  const connections = buildDeclaredConnections(parsed.connections, clouds, file);
  return {
    file,
    clouds,
    connections,
    secrets: buildSecretRules(parsed.secrets, clouds),
    policy: buildPolicy(parsed.policy),
    maxResultBytes: parsed.max_result_bytes,
    storedResults: {
      mostBytes: parsed.stored_results.max_mb * 1024 * 1024,
      mostBytesTogether: parsed.stored_results.max_total_mb * 1024 * 1024,
    },
    exports: {
      mostBytes: parsed.exports.max_mb * 1024 * 1024,
      mostBytesTogether: parsed.exports.max_total_mb * 1024 * 1024,
    },
    ...withoutUndefined({ http: parsed.http && buildHttp(parsed.http, clouds) }),
    storeSection: parsed.store,
  };
}

/** Anything in its place counts: reading it says what is wrong with it. */
function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

function ownFile(home: string): string {
  return join(home, 'tenantry.yaml');
}

/** Variables that lead to a home, a configuration or a store of real tenants. */
const ofRealHomes: readonly string[] = ['TENANTRY_HOME', 'TENANTRY_CONFIG', 'TENANTRY_DATABASE_URL'];

/** What counts as unset is undefined: shells, compose files and hosts cannot always leave a variable out. */
function environmentOf(environment: Environment, without: readonly string[]): Environment {
  return (name) => (without.includes(name) ? undefined : givenValue(environment(name)));
}

function givenFlags(flags: ConfigFlags): ConfigFlags {
  const given = Object.entries(flags).filter(
    ([, value]) => typeof value !== 'string' || givenValue(value) !== undefined,
  );
  return Object.fromEntries(given);
}

/**
 * What is left in a home of the sandbox: nothing that leads to a real tenant, and no keyring of the operating system. While
 * the sandbox runs on a port, the file names its cloud; a sandbox in this process brings its own.
 */
function onIsland(config: Config, isSandbox: boolean): Config {
  const clouds = new Map([...config.clouds].filter(([, cloud]) => !isSandbox && isSandboxCloud(cloud)));
  if (!isSandbox && clouds.size === 0) throw needsSandbox(config.home);
  const connections = config.connections.filter(({ cloud }) => clouds.has(cloud));
  // A file from elsewhere may be that of real tenants: its limits hold here, but none of its secrets is for the sandbox.
  const isOwn = config.file === undefined || config.file === ownFile(config.home);
  const secrets = isOwn ? config.secrets : defaultSecretRules;
  return { ...config, clouds, connections, secrets, vault: 'file' };
}

/** Wrong values of variables are errors: a restriction must not be ignored silently. */
function checkVariables(flags: ConfigFlags, environment: Environment): void {
  const refuse = (name: string, value: string | undefined, isValid: (value: string) => boolean, hint: string) => {
    if (value === undefined || isValid(value)) return;
    // Anything but a short word may be a secret in the wrong place.
    const what = /^[a-z_]{1,20}$/i.test(value) ? `cannot be "${value}"` : 'has a value that cannot be used';
    throw new AppError('configuration', `${name} ${what}.`, { hint });
  };
  const level = flags.logLevel ?? environment('TENANTRY_LOG_LEVEL');
  const isLevel = (value: string) => logLevelOf(value) !== undefined;
  refuse('TENANTRY_LOG_LEVEL (or --log-level)', level, isLevel, `Use one of ${logLevels.join(', ')}.`);
  const toolsets = flags.toolsets ?? environment('TENANTRY_TOOLSETS');
  const isList = (value: string) => listOf(value) !== undefined;
  const listHint = 'Name toolsets, separated by commas, or leave it out.';
  refuse('TENANTRY_TOOLSETS (or --toolsets)', toolsets, isList, listHint);
  const isBoolean = (value: string) => /^(true|false|1|0)$/i.test(value);
  refuse('TENANTRY_READ_ONLY', environment('TENANTRY_READ_ONLY'), isBoolean, 'Use true or false.');
  const access = flags.maxAccess ?? environment('TENANTRY_MAX_ACCESS');
  const isAccess = (value: string) => accessOf(value) !== undefined;
  refuse('TENANTRY_MAX_ACCESS (or --max-access)', access, isAccess, 'Use read_only or read_write.');
  const isVault = (value: string) => vaultOf(value) !== undefined;
  const vaultHint = 'Use local or file; other vaults are not available in this version.';
  refuse('TENANTRY_VAULT', environment('TENANTRY_VAULT'), isVault, vaultHint);
  const isCheck = (value: string) => homeCheckOf(value) !== undefined;
  refuse('TENANTRY_HOME_CHECK', environment('TENANTRY_HOME_CHECK'), isCheck, 'Use warn, or leave it out.');
  const redisHint = 'Unset TENANTRY_REDIS_URL: this version keeps limits in each process.';
  refuse('TENANTRY_REDIS_URL', environment('TENANTRY_REDIS_URL'), () => false, redisHint);
}

function isTrue(value: string | undefined): boolean {
  // Anything but a clear no means yes: a mistyped value must not allow writes.
  return value !== undefined && !/^(false|0)$/i.test(value);
}

function logLevelOf(value: string | undefined): LogLevel | undefined {
  return logLevels.find((level) => level === value?.toLowerCase());
}

function accessOf(value: string | undefined): Access | undefined {
  return value === 'read_only' || value === 'read_write' ? value : undefined;
}

/** A flag or variable of the operator wins over the file. */
function withMaxAccess(policy: Policy, access: Access | undefined): Policy {
  return access === undefined ? policy : { ...policy, max_access: access };
}

function vaultOf(value: string | undefined): VaultKind | undefined {
  return value === 'local' || value === 'file' ? value : undefined;
}

function homeCheckOf(value: string | undefined): HomeCheck | undefined {
  return value === 'warn' ? value : undefined;
}

function listOf(value: string | undefined): readonly string[] | undefined {
  const names = value
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names === undefined || names.length === 0 ? undefined : names;
}

/** The platform's folder for the data of a user's programs. */
function platformHome(options: LoadConfigOptions, environment: Environment): string {
  const userHome = options.userHome ?? ownHome();
  switch (options.platform ?? process.platform) {
    case 'win32':
      return join(environment('APPDATA') ?? join(userHome, 'AppData', 'Roaming'), 'tenantry');
    case 'darwin':
      return join(userHome, 'Library', 'Application Support', 'tenantry');
    default:
      return join(absolute(environment('XDG_DATA_HOME')) ?? join(userHome, '.local', 'share'), 'tenantry');
  }
}

/** Some service managers leave `HOME` empty or relative; secrets must not end up in the current folder. */
function ownHome(): string {
  return absolute(homedir()) ?? userInfo().homedir;
}

/** Relative paths are ignored: https://specifications.freedesktop.org/basedir-spec/latest/ */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
