import type { ApiConnection } from '../apis/api-connection.ts';
import type { CallContext } from '../base/call-context.ts';
import { quoted } from '../base/plain-text.ts';
import type { ApiResponse } from '../http/api-client.ts';

export const linkedServiceKinds = ['blob', 'servicebus', 'postgresql', 'cosmos-gremlin', 'azure-search'] as const;
export type LinkedServiceKind = (typeof linkedServiceKinds)[number];

/** One storage account, namespace, server, Gremlin account or search service that ARM shows to the connection. */
export interface LinkedService {
  readonly service: LinkedServiceKind;
  /** Resource id as ARM spells it. */
  readonly id: string;
  readonly name: string;
  readonly resource_group: string;
  readonly subscription_id: string;
  readonly location: string;
  /** Address of the data plane in the connection's cloud. */
  readonly endpoint: string;
  /** Properties that decide whether the data plane can be used (public access, local auth, state); no secrets. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** One stage of a probe; later stages are `skip` when an earlier one failed. */
export interface ProbeStage {
  readonly stage: 'token' | 'discover' | 'network' | 'authorize';
  readonly status: 'pass' | 'warn' | 'fail' | 'skip';
  readonly detail: string;
  /** Raw code of the service: `AuthorizationPermissionMismatch`, `28P01`, `40103`. */
  readonly code?: string;
  /** The exact role or setting that is missing, with the command that fixes it. */
  readonly hint?: string;
  /** A pass that is not the whole: what the identity may not do, in `detail`. */
  readonly partial?: true;
}

export interface ProbedService extends LinkedService {
  readonly usable: boolean;
  readonly stages: readonly ProbeStage[];
}

/** What a data plane answered, or the stages that say why it did not. */
export type DataPlaneOutcome =
  | { readonly answer: ApiResponse; readonly stages?: undefined }
  | { readonly answer?: undefined; readonly stages: readonly ProbeStage[] };

export interface DataPlaneClient {
  /** A read below the endpoint of the service; `path` begins with `/`. Refusals are answers. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<DataPlaneOutcome>;
  head(path: string, headers?: Readonly<Record<string, string>>): Promise<DataPlaneOutcome>;
}

/** Finds linked services and tries them with the smallest read-only call that proves access. */
export interface LinkedServices {
  discover(
    connection: ApiConnection,
    kinds: readonly LinkedServiceKind[],
    call: CallContext,
  ): Promise<readonly LinkedService[]>;
  probe(connection: ApiConnection, service: LinkedService, call: CallContext): Promise<ProbedService>;
}

/** The same, for single reads of a data plane as well. */
export interface ReadableServices extends LinkedServices {
  /** Undefined where the address of the service is not one of the cloud: it must get no token. */
  open(connection: ApiConnection, service: LinkedService, call: CallContext): Promise<DataPlaneClient | undefined>;
}

type Extra = Pick<ProbeStage, 'code' | 'hint'>;
type StageName = ProbeStage['stage'];

function stageOf(status: Exclude<ProbeStage['status'], 'pass'>) {
  return (stage: StageName, detail: string, extra: Extra = {}): ProbeStage => ({ stage, status, detail, ...extra });
}

/** A stage that passed has no code of a refusal: what was refused on the way there is in its words. */
export const pass = (stage: StageName, detail: string): ProbeStage => ({ stage, status: 'pass', detail });
export const passPartly = (stage: StageName, detail: string): ProbeStage => ({ ...pass(stage, detail), partial: true });
export const warn = stageOf('warn');
export const fail = stageOf('fail');
export const skip = stageOf('skip');

/** The words of a service as part of a detail: in backticks, bounded; empty when it said nothing. */
export function wordsOf(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  return line === '' ? '' : quoted(line, 300);
}
