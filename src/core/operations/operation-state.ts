import type { OperationView } from './operation.ts';

type Status = OperationView['status'];
type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Ends of operations, lower case: Resource Manager, data planes, Graph. Everything else means "still running". */
const ends: Readonly<Record<string, Status>> = {
  succeeded: 'succeeded',
  completed: 'succeeded',
  failed: 'failed',
  deletefailed: 'failed',
  canceled: 'canceled',
  cancelled: 'canceled',
};

function toStatus(text: unknown): Status | undefined {
  return typeof text === 'string' && text !== '' ? (ends[text.toLowerCase()] ?? 'running') : undefined;
}

/** `status` of a status resource; undefined when the body has none. */
export function readStatus(body: unknown): Status | undefined {
  return isFields(body) ? toStatus(body['status']) : undefined;
}

/** `properties.provisioningState` of a resource; undefined when it has none. */
export function readProvisioningState(body: unknown): Status | undefined {
  const properties = isFields(body) ? body['properties'] : undefined;
  return isFields(properties) ? toStatus(properties['provisioningState']) : undefined;
}

/** `percentComplete` of Resource Manager, `percentageComplete` of Graph. */
export function readPercent(body: unknown): number | undefined {
  const value = isFields(body) ? (body['percentComplete'] ?? body['percentageComplete']) : undefined;
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined;
}
