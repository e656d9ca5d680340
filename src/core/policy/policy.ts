import type { HttpMethod } from '../http/api-client.ts';
import type { Access } from '../record/connection.ts';

/** The APIs that rules speak about. */
export const policyServices = ['graph', 'arm', 'devops'] as const;
export type PolicyService = (typeof policyServices)[number];

/** When a write asks: never, when it is risky, always. */
export const confirmLevels = ['never', 'risky', 'always'] as const;
export type ConfirmLevel = (typeof confirmLevels)[number];

/** Requests by method and address. */
export interface PathRule {
  readonly service: PolicyService;
  /** Absent: all, reads included. */
  readonly methods?: readonly HttpMethod[];
  /** Path below root and version, as rules are written: `*` is one segment, a final `**` the rest. */
  readonly path: string;
}

/** Objects that only a person may touch. */
export interface ProtectedObjects {
  /** Ids, user principal names or ARM ids. */
  readonly objects: readonly string[];
  /** Users and groups that are synchronised from an on-premises directory. */
  readonly synced: boolean;
  readonly role_assignable_groups: boolean;
  /** The last assignment of Global Administrator. */
  readonly last_global_administrator: boolean;
  /** The app registration and principal that the connection signs in as. */
  readonly own_app: boolean;
}

/** What may be written, whoever asks: `policy` of the configuration, for all connections or for one. */
export interface PolicyRules {
  /** Absent where nothing is written down: then `risky`, and the sandbox's cloud does not ask. */
  readonly confirm?: ConfirmLevel;
  readonly deny: readonly PathRule[];
  /** Where present, no other write passes. */
  readonly allow?: readonly PathRule[];
  /** Where present, Azure resources of other subscriptions are out of reach. */
  readonly subscriptions?: readonly string[];
  readonly protected: ProtectedObjects;
  /** Whether writes keep what was there before, so that they can be undone. */
  readonly receipts: boolean;
}

/** `policy` of a single connection: only tighter. */
export type ConnectionPolicy = Partial<PolicyRules> & {
  /** False where `*` never stands for it. */
  readonly fan_out?: boolean;
};

/** `policy` of the configuration. */
export interface Policy extends PolicyRules {
  /** The most that a connection which an agent makes or changes may do. */
  readonly max_access: Access;
  /** Whether an agent may make connections that sign in as this machine or its user. */
  readonly ambient: boolean;
  /** Whether the `*` of a read may stand for all connections; several can be named in any case. */
  readonly fan_out: boolean;
  /** For single connections, by name. */
  readonly connections: Readonly<Record<string, ConnectionPolicy>>;
}

/** The policy of an installation that configures none. */
export const defaultPolicy: Policy = {
  max_access: 'read_only',
  ambient: false,
  fan_out: false,
  deny: [],
  protected: {
    objects: [],
    synced: true,
    role_assignable_groups: true,
    last_global_administrator: true,
    own_app: true,
  },
  receipts: false,
  connections: {},
};
