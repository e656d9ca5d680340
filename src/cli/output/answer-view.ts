import { isRecord } from '../../core/base/guards.ts';

/** A look into one answer; paths are like `response.data.value.0.displayName`. */
export interface AnswerView {
  readonly isError: boolean;
  at(path: string): unknown;
  text(path: string): string;
  /** Empty where there is no list. */
  list(path: string): readonly unknown[];
  records(path: string): readonly Readonly<Record<string, unknown>>[];
  /** The notes that Tenantry added, as lines. */
  notes(): string[];
}

export function viewAnswer(isError: boolean, structured: Readonly<Record<string, unknown>>): AnswerView {
  const at = (path: string) => path.split('.').reduce(memberOf, structured);
  const list = (path: string) => {
    const value = at(path);
    return Array.isArray(value) ? value : [];
  };
  return {
    isError,
    at,
    text: (path) => String(at(path)),
    list,
    records: (path) => list(path).filter(isRecord),
    notes: () => list('meta.notes').map((note) => `note: ${String(note)}`),
  };
}

function memberOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) ? value[key] : undefined;
}
