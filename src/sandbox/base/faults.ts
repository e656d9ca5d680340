import type { Fault } from '../sandbox.ts';
import { namesOfTenant, type Tenant } from '../seed/tenant.ts';
import { parseControl } from './control-input.ts';
import { percentDecode } from './read-request.ts';
import type { ServiceName } from './service.ts';

/** Faults waiting for a request, oldest first. */
export interface FaultQueue {
  add(fault: unknown): void;
  /** The first fault that matches the request. It is counted as used. */
  take(request: FaultTarget): Fault | undefined;
  clear(): void;
}

interface FaultTarget {
  readonly service: ServiceName;
  readonly method: string;
  /** Not decoded, with the leading slash. */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** An item of a `$batch`, which has no connection to reset and no page of its own. */
  readonly isBatchItem?: boolean;
  readonly tenant?: Tenant;
}

interface WaitingFault {
  readonly fault: Fault;
  left: number;
}

const maxWaiting = 10_000;

export function createFaultQueue(): FaultQueue {
  let waiting: WaitingFault[] = [];
  return {
    add(input) {
      const fault = parseControl('fault', input);
      if (waiting.length >= maxWaiting) throw new RangeError(`No more than ${maxWaiting} faults can wait.`);
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    take(request) {
      const entry = waiting.find(({ fault }) => isMet(fault, request));
      if (!entry) return undefined;
      entry.left -= 1;
      if (entry.left <= 0) waiting = waiting.filter((other) => other !== entry);
      return entry.fault;
    },
    clear() {
      waiting = [];
    },
  };
}

function isMet(fault: Fault, request: FaultTarget): boolean {
  if (fault.service !== undefined && fault.service !== request.service) return false;
  const { tenant } = request;
  if (fault.tenant !== undefined && !(tenant && namesOfTenant(tenant).includes(fault.tenant.toLowerCase()))) {
    return false;
  }
  if (request.isBatchItem && (fault.reset !== undefined || fault.kind !== undefined)) return false;
  if (fault.kind === 'expire_page_token' && !/(^|&)(\$|%24)(skiptoken|skip)=/i.test(request.rawQuery)) return false;
  const { method, rawPath, rawQuery } = request;
  const whole = `${rawPath}?${rawQuery}`;
  return isMatch(
    fault.match,
    method,
    [rawPath, whole].flatMap((text) => [text, percentDecode(text, () => text)]),
  );
}

/** `METHOD path` or `path`; `*` matches anything. An absent pattern matches everything. */
export function isMatch(match: unknown, method: string, paths: readonly string[]): boolean {
  if (typeof match !== 'string') return true;
  const [, wanted, pattern = ''] = /^(?:([A-Za-z]+)\s+)?(\S.*)$/.exec(match.trim()) ?? [];
  if (wanted !== undefined && wanted.toUpperCase() !== method) return false;
  const source = pattern.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${source}$`, 'i');
  return paths.some((path) => expression.test(path));
}
