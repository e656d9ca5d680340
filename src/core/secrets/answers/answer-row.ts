/**
 * One operation whose answer holds secrets. Members are written as `keys[].value`: `*` is any member, `[]` any element,
 * and they match at the end of the way to a text, so that wrappers (`value`, the status of an operation) do not matter;
 * `$.` anchors at the top. The empty text is an answer that is a bare string.
 */
export interface AnswerRow {
  /** Namespace of the provider, for Resource Manager; any when absent. */
  readonly provider?: string;
  /** Default `POST`. */
  readonly methods?: readonly string[];
  /** Ends of paths: `storageAccounts/*\/listKeys`; `*` is one segment. */
  readonly paths: readonly string[];
  readonly kept?: readonly string[];
  readonly masked?: readonly string[];
  /** Members of an action's answer that stay readable besides those that every answer may show. */
  readonly open?: readonly string[];
  /** Segments at the end of the path that are not the resource. Default 1 for POST, else 0. */
  readonly strip?: number;
  /** Only the named members are secrets, not every text. Default: true but for POSTs of Resource Manager. */
  readonly only?: boolean;
}

/** Two keys and their connection strings, as messaging services name them. */
export const keyPair = ['primaryKey', 'secondaryKey'];
export const connectionStrings = [
  'primaryConnectionString',
  'secondaryConnectionString',
  'aliasPrimaryConnectionString',
  'aliasSecondaryConnectionString',
];
