import { withoutUndefined } from '../../base/without-undefined.ts';
import type { Seen } from '../read-look.ts';
import type { Look, ReceiptStep, UndoPart, WriteAnswer } from '../receipt.ts';

/** A write of Microsoft Graph, as far as it decides how it is undone. */
export interface GraphWrite {
  readonly id: string;
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly endpoint: string;
  readonly body?: unknown;
  /** Of the call; an address may have its own. */
  readonly apiVersion?: string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
}

/** How one write is undone, as far as it is known. */
export interface Drafted {
  readonly parts: readonly UndoPart[];
  readonly reasons: ReceiptStep['reasons'];
}

/** How one write is undone, once its looks have been read. */
export interface Draft {
  readonly looks: readonly Look[];
  /** Gets what each look saw. A draft asks for more. */
  finish(seen: readonly Seen[]): Drafted | Draft;
  /** What only the answer tells, in the place of what was drafted. */
  readonly afterAnswer?: (answer: WriteAnswer, drafted: Drafted) => Drafted;
}

/** Where a write goes, and the root under which references are written. */
export interface GraphPlace {
  /** Below the root, with its version where that is not v1.0, without query. */
  readonly path: string;
  /** In lower case, without version; a key in parentheses is a segment of its own. */
  readonly segments: readonly string[];
  /** `https://graph.microsoft.com` */
  readonly root: string;
}

/** A write that cannot be undone. */
export function notUndone(...reasons: readonly string[]): Draft {
  return { looks: [], finish: () => ({ parts: [], reasons }) };
}

/** Joins drafts of one write. */
export function joinDrafts(drafts: readonly Draft[]): Draft {
  const [only] = drafts;
  if (only !== undefined && drafts.length === 1) return only;
  const afterAnswer = drafts.find((draft) => draft.afterAnswer !== undefined)?.afterAnswer;
  return {
    ...withoutUndefined({ afterAnswer }),
    looks: drafts.flatMap(({ looks }) => looks),
    finish(seen) {
      let at = 0;
      const finished = drafts.map((draft) => {
        const own = seen.slice(at, at + draft.looks.length);
        at += draft.looks.length;
        return draft.finish(own);
      });
      const done = finished.map((one): Draft => ('looks' in one ? one : { looks: [], finish: () => one }));
      if (finished.some((one) => 'looks' in one)) return joinDrafts(done);
      const all = finished.flatMap((one) => ('looks' in one ? [] : one));
      return { parts: all.flatMap(({ parts }) => parts), reasons: all.flatMap(({ reasons }) => reasons) };
    },
  };
}

/** Why something could not be read before the write. */
export function unreadable({ status }: Seen): string {
  return `what was there before could not be read${status === 0 ? '' : ` (status ${status})`}`;
}
