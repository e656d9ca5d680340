import { isMatch } from '../../base/faults.ts';
import { recordOf } from '../../base/plain-object.ts';
import { idKey, parseResourcePath } from '../arm-ids.ts';
import type { ArmStore } from '../arm-store.ts';

/**
 * How a write is carried out:
 * - `sync`: the answer is the result;
 * - `provisioning_state`: 201 or 200, and the resource itself tells how far it is;
 * - `azure_async`: the same with `Azure-AsyncOperation`; other verbs than PUT answer 202 with `Location` as well;
 * - `location`: 202 with `Location`; - `both`: 202 with both headers.
 */
const styleNames = ['sync', 'provisioning_state', 'azure_async', 'location', 'both'] as const;
type StyleName = (typeof styleNames)[number];

/** Invalid forms that operation URLs can take. */
const addressKinds = ['normal', 'relative', 'foreign_host', 'http', 'user_info', 'other_port'] as const;
export type AddressKind = (typeof addressKinds)[number];

export interface OperationStyle {
  readonly name: StyleName;
  readonly outcome: 'Succeeded' | 'Failed' | 'Canceled';
  readonly error: { readonly code: string; readonly message: string };
  /** Number of polls that still report "running", unless the time ends first; not used with placed `seconds`. */
  readonly polls: number;
  /** On the sandbox clock: how long it takes, whether somebody polls or not. */
  readonly seconds: number;
  /** Polls do not end it, because its `seconds` were placed. */
  readonly isTimed: boolean;
  /** `Retry-After`; not sent if absent. */
  readonly retryAfter?: string;
  /** Number of polls that return 500 before the first real status. */
  readonly statusErrors: number;
  readonly address: AddressKind;
}

/** Provider defaults; everything else completes at once. `*` matches one part of a type or the name of an action. */
const defaults: readonly (readonly [methods: string, type: string, name: StyleName])[] = [
  ['PUT', 'Microsoft.Storage/storageAccounts', 'location'],
  ['PUT', 'Microsoft.ServiceBus/namespaces', 'provisioning_state'],
  ['PUT', 'Microsoft.Search/searchServices', 'provisioning_state'],
  ['PUT DELETE', 'Microsoft.DBforPostgreSQL/flexibleServers', 'both'],
  ['POST', 'Microsoft.DBforPostgreSQL/flexibleServers/*', 'both'],
  ['PUT', 'Microsoft.DocumentDB/databaseAccounts', 'azure_async'],
  ['DELETE', 'Microsoft.DocumentDB/databaseAccounts', 'location'],
  ['PUT', 'Microsoft.Compute/*', 'azure_async'],
  ['PATCH DELETE', 'Microsoft.Compute/*', 'both'],
  ['POST', 'Microsoft.Compute/virtualMachines/*', 'both'],
  ['PUT', 'Microsoft.Network/*', 'azure_async'],
  ['DELETE', 'Microsoft.Network/*', 'both'],
  ['PUT', 'Microsoft.Resources/deployments', 'azure_async'],
  ['DELETE', 'Microsoft.Resources/deployments', 'location'],
  ['POST', 'Microsoft.Resources/deployments/whatIf', 'location'],
  ['DELETE', 'resourceGroups', 'location'],
  ['POST', 'resourceGroups/exportTemplate', 'location'],
];

const failure = { code: 'ProvisioningFailed', message: 'The operation failed in the sandbox, as it was asked to.' };
export const cancellation = { code: 'OperationCanceled', message: 'The operation was canceled.' };

interface StyledWrite {
  readonly store: ArmStore;
  readonly method: string;
  readonly path: string;
}

/**
 * The matching placed style, otherwise the default of the type. `placeObject('arm', 'operationStyle', { match, style,
 * outcome, error, polls, seconds, retry_after, status_errors, address })`.
 */
export function styleOf({ store, method, path }: StyledWrite): OperationStyle {
  const placed = store.settings('operationStyle').findLast((one) => isMatch(one['match'], method, [path])) ?? {};
  const outcome = (['Failed', 'Canceled'] as const).find((one) => idKey(one) === placed['outcome']) ?? 'Succeeded';
  const name = styleNames.find((one) => one === placed['style']) ?? defaultOf(method, path);
  const retryAfter = placed['retry_after'] === undefined ? '1' : String(placed['retry_after']);
  const seconds = placed['seconds'];
  const polls = Number(placed['polls'] ?? 2);
  return {
    name: supported(name, method),
    outcome,
    error: { ...(outcome === 'Canceled' ? cancellation : failure), ...recordOf(placed['error']) },
    polls,
    seconds: seconds === undefined ? (polls + 1) * Math.max(1, Number(retryAfter) || 1) : Number(seconds),
    isTimed: seconds !== undefined,
    ...(retryAfter === '' ? {} : { retryAfter }),
    statusErrors: Number(placed['status_errors'] ?? 0),
    address: addressKinds.find((one) => one === placed['address']) ?? 'normal',
  };
}

function defaultOf(method: string, path: string): StyleName {
  const type = parseResourcePath(path)?.type ?? groupTarget(path);
  const fits = (pattern: string) => {
    const source = pattern.replaceAll('.', '\\.').replace('*', '[^/]+');
    return new RegExp(`^${source}$`, 'i').test(type);
  };
  return defaults.find(([methods, pattern]) => methods.split(' ').includes(method) && fits(pattern))?.[2] ?? 'sync';
}

/** `resourceGroups`, optionally followed by the name of an action. */
function groupTarget(path: string): string {
  const [, action] = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(\/[^/]+)?$/i.exec(path) ?? [];
  return `resourceGroups${action ?? ''}`;
}

/** Only a PUT can be polled at the resource itself; other methods need a status URL. */
function supported(name: StyleName, method: string): StyleName {
  if (method === 'PUT' || name === 'sync' || name === 'location' || name === 'both') return name;
  return name === 'azure_async' ? 'both' : 'location';
}
