import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Tenant } from './tenant.ts';

/** What a model reads of an answer, with the shape that the tool documents. */
export interface Answer<Data> {
  readonly data: Data;
  readonly meta: { readonly complete?: boolean; readonly cursor?: string; readonly total?: number };
}

/** The connection to the first tenant. */
export const connection = 'sandbox';

/** Somebody who works with the tools of the product, and with nothing else. */
export interface Agent {
  /** Calls a tool. Throws when the answer is an error: a competent agent makes no mistakes here. */
  call<Data>(tool: string, args: Readonly<Record<string, unknown>>): Promise<Answer<Data>>;
  /** The text of a file that an answer names. */
  open(path: string): Promise<string>;
}

/** What `describe_graph` finds for a search. */
interface Found {
  readonly operations: readonly { readonly method: string; readonly path: string }[];
}

/** Looks an operation up as somebody does who has never seen Graph; resolves with the path of the first one found. */
export async function lookUp(agent: Agent, search: string): Promise<string> {
  const { data } = await agent.call<Found>('describe_graph', { search });
  return data.operations[0]?.path ?? '';
}

/** The tenants that a task is done in, and what happens in them without the product. */
export interface World {
  /** The first tenant; `sandbox` is the connection to it. */
  readonly tenant: Tenant;
  /** All tenants, in the order of the sandbox. */
  readonly tenants: readonly Tenant[];
  /** The sandbox's time. */
  now(): number;
  /** Places an object or a rule, see docs/sandbox.md. */
  readonly place: Sandbox['placeObject'];
}

/** A sentence of an administrator, and the calls that a competent agent makes of it. */
export interface AgentTask<Outcome = unknown> {
  readonly name: string;
  /** What the person asks for. */
  readonly asks: string;
  readonly users?: number;
  readonly tenants?: number;
  /** Most calls that it may take. */
  readonly mostCalls: number;
  /** Most tokens of all answers together, where the product promises a number. */
  readonly mostTokens?: number;
  /** What has happened before the person asks; calls of the agent in it do not count. */
  readonly before?: (world: World, agent: Agent) => Promise<void>;
  /** Does the task with the product alone; resolves with what the agent tells the person. */
  readonly work: (agent: Agent, world: World) => Promise<Outcome>;
  /** What the agent must have said, read from the tenant afterwards without the product. */
  readonly truth: (world: World) => Promise<Outcome>;
}

/** Ties the types of a task together. */
export function defineTask<Outcome>(task: AgentTask<Outcome>): AgentTask<Outcome> {
  return task;
}
