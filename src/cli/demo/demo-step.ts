import type { Sandbox } from '../../sandbox/sandbox.ts';
import { isRecord } from './stdio-client.ts';

/** A look into one answer: `at('response.data.value.0.displayName')`. */
export interface AnswerView {
  readonly isError: boolean;
  at(path: string): unknown;
}

/** What earlier steps found, for later ones. */
export type DemoMemory = Map<string, string>;

/** One step of the tour: why, the call, and what its answer must say. */
export interface DemoStep {
  readonly title: string;
  /** One or two sentences that a newcomer understands. */
  readonly why: string;
  readonly tool: string;
  /** Prepares the sandbox (a fault, for example) before the call. */
  readonly prepare?: (sandbox: Sandbox) => void;
  readonly args: (memory: DemoMemory) => Record<string, unknown>;
  /** Lines that tell the answer; throws with the reason when the answer is not what was promised. */
  readonly tell: (answer: AnswerView, memory: DemoMemory, sandbox: Sandbox) => string[];
}

export function viewAnswer(isError: boolean, structured: Readonly<Record<string, unknown>>): AnswerView {
  return {
    isError,
    at(path) {
      let value: unknown = structured;
      for (const key of path.split('.')) {
        if (Array.isArray(value)) {
          value = value[Number(key)];
        } else {
          value = isRecord(value) ? value[key] : undefined;
        }
      }
      return value;
    },
  };
}

/** Fails the step unless the statement holds. */
export function promise(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

export function listAt(answer: AnswerView, path: string): readonly unknown[] {
  const value = answer.at(path);
  return Array.isArray(value) ? value : [];
}

/** The notes that Tenantry added to the answer, as lines. */
export function notesOf(answer: AnswerView): string[] {
  return listAt(answer, 'meta.notes').map((note) => `note: ${String(note)}`);
}
