import type { Fault } from '../sandbox.ts';
import type { ServiceName } from '../service.ts';
import { parseControl } from './control-input.ts';

/** The faults that are waiting for a request, in the order in which they were set. */
export interface FaultQueue {
  add(fault: unknown): void;
  /** The first fault that this request meets; counts it as struck. */
  take(request: FaultTarget): Fault | undefined;
  clear(): void;
}

export interface FaultTarget {
  readonly service: ServiceName;
  readonly method: string;
  /** As on the wire, with the leading slash. */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** An item of a `$batch`: it has no connection to reset and no page of its own. */
  readonly isBatchItem?: boolean;
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
  if (request.isBatchItem && (fault.reset !== undefined || fault.kind !== undefined)) return false;
  if (fault.kind === 'expire_page_token' && !/(^|&)(\$|%24)(skiptoken|skip)=/i.test(request.rawQuery)) return false;
  return fault.match === undefined || isMatch(fault.match, request);
}

/** `METHOD path` or a path; `*` stands for anything. A pattern without `?` is compared with the path alone. */
function isMatch(match: string, request: FaultTarget): boolean {
  const [, method, pattern = ''] = /^(?:([A-Za-z]+)\s+)?(\S.*)$/.exec(match.trim()) ?? [];
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  const expression = new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`, 'i');
  const path = safeDecode(request.rawPath);
  const whole = `${request.rawPath}?${request.rawQuery}`;
  return [path, request.rawPath, whole, safeDecode(whole)].some((text) => expression.test(text));
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
