import { member, textOf } from '../../base/guards.ts';
import type { AnswerRow } from './answer-row.ts';
import { armRows, openActions } from './arm-actions.ts';
import { devopsRows, graphRows } from './graph-operations.ts';
import { isSecretName, secretNamePattern } from './secret-members.ts';

/** A request, as far as it decides what its answer may show. */
export interface AnsweredRequest {
  /** Name of the API, as its descriptor has it. */
  readonly api: string;
  readonly method: string;
  /** Below the root and the version, encoded, without query. */
  readonly path: string;
  readonly body?: unknown;
}

/** The way to a member: lower-case names, `*` for any, `[]` for an element. */
export interface MemberPattern {
  readonly steps: readonly string[];
  /** Begins at the top of the answer. */
  readonly isAnchored: boolean;
}

/** What the answer to one request holds. */
export interface AnswerRule {
  readonly kept: readonly MemberPattern[];
  readonly masked: readonly MemberPattern[];
  readonly open: readonly MemberPattern[];
  /** Every text is a secret unless its member names something. */
  readonly isWhole: boolean;
  /** What a kept secret belongs to: the path without the action, decoded. */
  readonly resource: string;
}

/** Actions that hand out secrets, by the last segment of their path. */
const secretActions =
  /^(?:list.*callbackurl|list.*sas(?:url)?|list.*tokens?|list.*with(?:keys|secrets)|regenerate.*|generate.*|get.*token|begingetaccess|readonlykeys|sharedkeys|(?:list|get|show|fetch|read|retrieve|reveal|export|create|new|renew|reset|rotate|roll|refresh).*(?:keys?|secrets?|passwords?|credentials?|connectionstrings?|kubeconfigs?)(?:v\d+|async)?)$/;

/** Functions of Microsoft Graph that do so. */
const secretFunctions = /^(?:get|retrieve).*(?:keys?|secrets?|passwords?|credentials?)$/;

interface Indexed {
  readonly row: AnswerRow;
  readonly provider: string | undefined;
  readonly tail: readonly string[];
}

/** Rows by the last segment of their paths; `*` for those that end with a name. */
function indexRows(rows: readonly AnswerRow[]): ReadonlyMap<string, readonly Indexed[]> {
  const entries = rows.flatMap((row) =>
    row.paths.map((path): Indexed => {
      return { row, provider: row.provider?.toLowerCase(), tail: path.toLowerCase().split('/') };
    }),
  );
  return Map.groupBy(entries, ({ tail }) => tail.at(-1) ?? '');
}

const indexes: Readonly<Record<string, ReadonlyMap<string, readonly Indexed[]>>> = {
  arm: indexRows(armRows),
  graph: indexRows(graphRows),
  devops: indexRows(devopsRows),
};
const openIndex = indexRows(openActions);

/** The path of a request, cut for comparison. */
export interface ReadPath {
  /** As written, decoded. */
  readonly segments: readonly string[];
  readonly lower: readonly string[];
  /** Namespace of the provider of Resource Manager, in lower case. */
  readonly provider: string | undefined;
  /** Segments behind the namespace. */
  readonly below: number;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** `users('id')` is two segments, and `microsoft.graph.` in front of an action means nothing. */
export function readPath(path: string): ReadPath {
  const bare = path.split(/[?#]/, 1)[0] ?? '';
  const segments = bare
    .replace(/^\/(?:v1\.0|beta)(?=\/)/i, '')
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode)
    .flatMap((segment) => {
      const call = /^([^()]+)(\(.*\))$/.exec(segment);
      return call?.[1] === undefined || call[2] === undefined
        ? [segment]
        : call[2] === '()'
          ? [call[1]]
          : [call[1], call[2]];
    });
  const lower = segments.map((segment) =>
    segment
      .toLowerCase()
      .trim()
      .replace(/^(?:microsoft\.)?graph\./, ''),
  );
  const at = lower.lastIndexOf('providers');
  return { segments, lower, provider: at < 0 ? undefined : lower[at + 1], below: at < 0 ? 0 : lower.length - at - 2 };
}

function findRow(index: ReadonlyMap<string, readonly Indexed[]> | undefined, path: ReadPath, method: string) {
  const candidates = [...(index?.get(path.lower.at(-1) ?? '') ?? []), ...(index?.get('*') ?? [])];
  return candidates.find(({ row, provider, tail }) => {
    const isMeant = (row.methods ?? ['POST']).includes(method);
    if (!isMeant || (provider !== undefined && provider !== path.provider)) return false;
    return tail.every((step, at) => {
      const segment = path.lower[path.lower.length - tail.length + at];
      return segment !== undefined && (step === '*' || step === segment);
    });
  })?.row;
}

function isSecretAction({ lower, below }: ReadPath, api: string, method: string): boolean {
  const last = lower.at(-1) ?? '';
  const isNamed = secretActions.test(last) || (last === 'list' && lower.at(-3) === 'config');
  if (method === 'POST') return isNamed || (api === 'arm' && /^(?:re)?generate/.test(lower.at(-2) ?? ''));
  if (api === 'graph' && method === 'GET') {
    return secretFunctions.test(lower.findLast((one) => !one.startsWith('(')) ?? '');
  }
  // A resource may have such a name: an action stands where a type would.
  return api === 'arm' && isNamed && below % 2 === 1 && below > 1 && (method === 'GET' || method === 'HEAD');
}

/** A single property of an object: `…/identityProviders/{id}/clientSecret/$value`. */
function isSecretProperty({ lower }: ReadPath): boolean {
  const last = lower.at(-1) === '$value' ? lower.at(-2) : lower.at(-1);
  return isSecretName(last ?? '');
}

/** Members of Resource Graph that are secrets by their name or their place. */
const queriedSecret = new RegExp(
  String.raw`\b(?:${secretNamePattern}|environmentVariables|serviceUri|callbackUrl|httpTriggerUrl|qnaAzureSearchEndpointKey)\b|\bcontainers\b[\s\S]*\benv\b|\boutputs\b[\s\S]*\bvalue\b`,
  'i',
);

/** Whether a query of Resource Graph names a secret: its rows may hold it under any other name. */
function isQueryForSecrets({ lower }: ReadPath, body: unknown): boolean {
  if (lower.at(-1) !== 'resources' || lower.at(-2) !== 'microsoft.resourcegraph') return false;
  // Texts that are compared name nothing; those in brackets do.
  const query = textOf(member(body, 'query')).replace(/(?<!\[\s*)(?:'[^'\n]*'|"[^"\n]*")/g, "''");
  return queriedSecret.test(query);
}

function pattern(text: string): MemberPattern {
  const isAnchored = text.startsWith('$.');
  const bare = isAnchored ? text.slice(2) : text;
  const steps = bare.toLowerCase().replaceAll('[]', '.[]').split('.').filter(Boolean);
  return { steps, isAnchored };
}

/** Names as a service might still understand them: without what nobody sees, matrix parameters and dots at the end. */
function forgiving(path: ReadPath): ReadPath {
  const lower = path.lower.map((segment) =>
    segment
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}|\p{Cc}|;.*$/gu, '')
      .replace(/[.\s]+$/, ''),
  );
  return { ...path, lower };
}

/** What the answer to a request holds by what was asked; undefined for an ordinary request. */
export function findAnswerRule({ api, method, path, body }: AnsweredRequest): AnswerRule | undefined {
  const read = forgiving(readPath(path));
  const open = api === 'arm' ? findRow(openIndex, read, method) : undefined;
  const row = findRow(indexes[api], read, method);
  const isAction = isSecretAction(read, api, method) || (api === 'arm' && isQueryForSecrets(read, body));
  const isProperty = api === 'graph' && method === 'GET' && isSecretProperty(read);
  if (row === undefined && (open !== undefined || !(isAction || isProperty))) return undefined;
  const { kept = [], masked = [], open: more = [], strip = method === 'POST' ? 1 : 0, only } = row ?? {};
  const isArmAction = api === 'arm' && method === 'POST';
  return {
    kept: kept.map(pattern),
    masked: masked.map(pattern),
    open: more.map(pattern),
    isWhole: !(only ?? !(isAction || isProperty || (isArmAction && row !== undefined))),
    resource: `/${read.segments.slice(0, read.segments.length - strip).join('/')}`,
  };
}

/** Whether the way to a member ends as the pattern says. */
export function matches({ steps, isAnchored }: MemberPattern, path: readonly string[]): boolean {
  if (steps.length > path.length || (isAnchored && steps.length !== path.length)) return false;
  if (steps.length === 0) return path.length === 0;
  const offset = path.length - steps.length;
  return steps.every((step, at) => {
    const name = path[offset + at];
    return step === name || (step === '*' && name !== '[]');
  });
}

/** Patterns from their texts. */
export function patternsOf(texts: readonly string[]): readonly MemberPattern[] {
  return texts.map(pattern);
}

/** Type of the resource that a path of Resource Manager leads to, in lower case: `microsoft.resources/deployments`. */
export function resourceTypeOf(path: string): string {
  const { lower, provider, below } = readPath(path);
  if (provider === undefined) return '';
  const types = lower.slice(lower.length - below).filter((_, index) => index % 2 === 0);
  return [provider, ...types].join('/');
}
