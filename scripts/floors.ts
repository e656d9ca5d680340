/** One floor: folders whose files may import lower floors. */
export interface Floor {
  /** Rooms of this floor, as paths from the root of the project. A longer path takes its files out of a shorter one. */
  readonly rooms: readonly string[];
  /** One line for the picture. */
  readonly says: string;
}

/**
 * The floors from the top down. A file imports its own room and lower floors, never a higher one and never the room
 * beside it, not even a type. `test/floors.test.ts` checks every import against this table, and the picture in
 * docs/architecture.md is drawn from it.
 */
export const floors: readonly Floor[] = [
  { rooms: ['src/cli.ts', 'src/index.ts'], says: 'what people start, and what programs import' },
  { rooms: ['src/cli/'], says: 'commands, demo, set-up' },
  { rooms: ['src/server/'], says: 'MCP over stdio and HTTP, running a tool' },
  { rooms: ['src/tools/', 'src/resources/'], says: 'one file for each tool; the resources' },
  { rooms: ['src/runtime/', 'src/sandbox/'], says: 'configuration and composition; the emulator' },
  {
    rooms: ['src/pages/'],
    says: 'pages for the person: one-time ones on loopback, and at the public address after sign-in',
  },
  { rooms: ['src/core/receipts/'], says: 'what writes keep, and how they are undone' },
  {
    rooms: [
      'src/core/service-connections/',
      'src/core/workspace-connections/',
      'src/core/licensing/',
      'src/core/selfcheck/',
    ],
    says: 'Azure DevOps, ML workspaces, licences; the self-check',
  },
  { rooms: ['src/core/connections/'], says: 'lifecycle, checks, conversion, provisioning' },
  { rooms: ['src/core/linked-services/'], says: 'data planes, found and probed' },
  { rooms: ['src/core/identities/'], says: 'apps, credentials, roles' },
  { rooms: ['src/core/policy/'], says: 'what may be written, and what asks a person' },
  { rooms: ['src/core/apis/'], says: 'the APIs of a connection' },
  {
    rooms: ['src/core/apis/arm/', 'src/core/apis/graph/', 'src/core/apis/devops/'],
    says: 'planner, paging, hints, limits',
  },
  { rooms: ['src/core/operations/', 'src/core/results/'], says: 'long operations; lists within a budget' },
  { rooms: ['src/core/named-secrets/'], says: 'secrets by name, and what each may be used for' },
  { rooms: ['src/core/auth/'], says: 'kinds of sign-in, token cache, sign-in errors' },
  { rooms: ['src/core/http/'], says: 'the pipeline, pages, batches' },
  { rooms: ['src/core/throttle/'], says: 'budgets, pace, queues' },
  { rooms: ['src/core/storage/'], says: 'records, vault, results, state' },
  { rooms: ['src/core/record/'], says: 'what a connection is' },
  { rooms: ['src/core/telemetry/'], says: 'spans, metrics, log' },
  { rooms: ['src/core/secrets/'], says: 'secrets and how they are hidden' },
  { rooms: ['src/core/base/'], says: 'errors, clock, clouds, small guards' },
];

/** Rooms that only some others may import, whatever the floors allow. */
export const doors: readonly { readonly room: string; readonly from: readonly string[] }[] = [
  { room: 'src/sandbox/', from: ['src/cli/'] },
  { room: 'src/server/', from: ['src/cli/', 'src/index.ts'] },
];
