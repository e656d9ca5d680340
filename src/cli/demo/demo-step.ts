import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { AnswerView } from '../output/answer-view.ts';
import { cutLine } from '../output/text-table.ts';

/** The environment variable that carries the demo app's secret to the server: arguments of tools may name it. */
export const demoSecretVariable = 'TENANTRY_SECRET_DEMO';
/** The same for the app of the declared connection that makes reports, which only the configuration names. */
export const reportsSecretVariable = 'DEMO_REPORTS_SECRET';
/** A secret of the configuration, by its name: it may be handed to one workspace. */
export const searchKey = 'search-key';
export const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
export const searchService = 'https://contoso-docs.search.windows.net/';
/** The connection that the tour creates first. */
export const demoConnection = 'contoso';
/** The cloud's name in the demo's configuration file. */
export const demoCloud = 'lab';

/** What earlier steps found, for later ones. */
export type DemoMemory = Map<string, string>;

/** One step of the tour: why, the call, and what its answer must say. */
export interface DemoStep {
  readonly title: string;
  /** One or two sentences that a newcomer understands. */
  readonly why: string;
  readonly tool: string;
  /** Prepares the sandbox (with a fault, for example) before the call. */
  readonly prepare?: (sandbox: Sandbox) => void;
  readonly args: (memory: DemoMemory) => Record<string, unknown>;
  /** Lines about the answer; throws with the reason when the answer is not what was promised. */
  readonly tell: (answer: AnswerView, memory: DemoMemory, sandbox: Sandbox) => string[];
}

/** Fails the step unless the statement holds. */
export function promise(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** One line for each check of a validation or stage of a probe. */
export function checkLines(checks: readonly Readonly<Record<string, unknown>>[]): string[] {
  return checks.map(({ status, check, stage, detail, code }) => {
    const raw = code === undefined ? '' : ` (${String(code)})`;
    const words = detail === undefined ? '' : `: ${cutLine(String(detail), 150)}${raw}`;
    return `${String(status).padEnd(4)} ${String(check ?? stage)}${words}`;
  });
}
