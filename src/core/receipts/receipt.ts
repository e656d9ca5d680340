import type { OpenWrite } from '../storage/storage.ts';

/** Members of an object by name, as the service has them. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * How the answer of a look is read: `members` are those of the object itself, and `whole` as well, with all of its tags;
 * `presence` is whether it is there; `member` whether a list names it; `reference` the id that it leads to; `licenses` the
 * direct licences by product; `tags` all of them.
 */
export type LookKind = 'members' | 'whole' | 'presence' | 'member' | 'reference' | 'licenses' | 'tags';

/** Where the state that a write changes is read. */
export interface Look {
  readonly kind: LookKind;
  /** Path of a GET. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly apiVersion?: string;
}

/** One request that takes back what a write did. */
export interface UndoPart {
  /** Id of the step that it takes back. */
  readonly of: string;
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: Values;
  readonly apiVersion?: string;
  readonly look: Look;
  /** What the look saw before the write, as far as the write changed it. */
  readonly before: Values;
  /** What it sees while the write stands. */
  readonly after: Values;
  /** Set once the request was carried out. */
  readonly isUndone?: true;
}

/** One request of the call. */
export interface ReceiptStep {
  readonly id: string;
  /** Method and path, without query. */
  readonly request: string;
  /** `open` until the answer is known; it stays so where the answer was lost. */
  readonly outcome: 'open' | 'done' | 'failed';
  /** Ids of the steps that had to come first. */
  readonly dependsOn?: readonly string[];
  /** Why it, or a part of it, cannot be undone: sentences of ours, without a full stop. */
  readonly reasons: readonly string[];
}

/** The connection that wrote, so that nobody else is written to. */
export interface ReceiptConnection {
  readonly id: string;
  readonly name: string;
  readonly cloud: string;
  readonly tenantId?: string;
  readonly clientId?: string;
}

/** What a write kept before it was sent. Holds no secrets. */
export interface Receipt {
  readonly id: string;
  /** Who wrote: nobody else reads it. */
  readonly owner: string;
  readonly connection: ReceiptConnection;
  /** The tool that wrote. */
  readonly tool: string;
  /** The tool that undoes it. */
  readonly undoTool: 'graph_write' | 'arm_write';
  readonly steps: readonly ReceiptStep[];
  /** In the order of the steps. */
  readonly parts: readonly UndoPart[];
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expiresAt: number;
  /** Counts the changes of this receipt, from 1. */
  readonly revision: number;
  /** Who is undoing it, since when in epoch milliseconds. */
  readonly undoing?: Pick<OpenWrite, 'process'> & { readonly at: number };
  /** Epoch milliseconds: when the last part was undone. */
  readonly undoneAt?: number;
}

/** How a write is undone, as far as that is known before it is sent. */
export interface UndoPlan {
  readonly steps: ReadonlyArray<Pick<ReceiptStep, 'id' | 'request' | 'dependsOn' | 'reasons'>>;
  readonly parts: readonly UndoPart[];
  /** What a step that succeeded leaves to undo, once its answer is known. */
  readonly afterAnswer: (id: string, answer: WriteAnswer) => Pick<UndoPlan, 'parts'> & Pick<ReceiptStep, 'reasons'>;
}

/** The answer to one request of a write. */
export interface WriteAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** How long receipts are kept: as long as the directory keeps what was deleted. */
export const receiptLifeMs = 30 * 86_400_000;
