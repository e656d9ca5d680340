import type { ArmApi } from '../../apis/arm/arm-api.ts';
import { withoutServiceMembers } from '../../apis/arm/body-difference.ts';
import type { CallContext } from '../../base/call-context.ts';
import { isRecord } from '../../base/guards.ts';
import { quoteFewNames } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { shownBody } from '../../named-secrets/shown-body.ts';
import { resourceTypeOf } from '../../secrets/answers/answer-rules.ts';
import { holdsMark } from '../../secrets/answers/secret-shapes.ts';
import { type Seen, seeArm } from '../read-look.ts';
import type { Look, UndoPart, UndoPlan, Values, WriteAnswer } from '../receipt.ts';
import { changesTo, withAdded } from '../standing.ts';
import { isOnlyItsBody, whyLost } from './deleted-resources.ts';
import { isTagWrite, tagAddress, tagsAfter } from './tag-undo.ts';

/** A write of Resource Manager, as far as it decides how it is undone. */
export interface ArmWrite {
  readonly method: 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Without query. */
  readonly path: string;
  readonly body?: unknown;
  /** The version that the caller named. */
  readonly apiVersion?: string | undefined;
}

export interface ArmUndoContext {
  readonly arm: ArmApi;
  readonly call: CallContext;
}

type Planned = Pick<UndoPlan, 'parts'> & { readonly reasons: readonly string[] };

/** The one step of the call. */
const of = '1';

/** How the write is undone. Reads what it is about to change; sends one GET at most. */
export async function planArmUndo(write: ArmWrite, context: ArmUndoContext): Promise<UndoPlan> {
  const { method, path } = write;
  const { parts, reasons } = await plan(write, context);
  return {
    steps: [{ id: of, request: `${method} ${path}`, reasons }],
    parts,
    afterAnswer: (_id, answer) => ({ parts: parts.map((part) => withAnsweredTags(part, answer)), reasons }),
  };
}

/** Providers merge tags or replace them: the answer says which they are now. */
function withAnsweredTags(part: UndoPart, { body }: WriteAnswer): UndoPart {
  const answered = isRecord(body) ? body['tags'] : undefined;
  const hasAllTags = part.look.kind === 'tags' || part.look.kind === 'whole';
  return hasAllTags && isRecord(answered) ? { ...part, after: { ...part.after, tags: answered } } : part;
}

async function plan(write: ArmWrite, context: ArmUndoContext): Promise<Planned> {
  const { method, path } = write;
  if (method === 'POST') return never('it is an action: what it changed is not known');
  if (resourceTypeOf(path) === 'microsoft.resources/deployments') {
    return never('what a deployment changed is not taken back: deploy the earlier template again');
  }
  if (isTagWrite(write)) return undoTags(write, context);
  if (method === 'DELETE' && !isOnlyItsBody(path)) return never(whyLost(path));
  const look: Look = { kind: 'members', path, ...withoutUndefined({ apiVersion: write.apiVersion }) };
  const seen = await seeArm(look, context, context.call);
  if (method === 'PUT' && seen.status === 404) return undoCreation(look);
  if (seen.values === undefined) return never(`what was there before could not be read (status ${seen.status})`);
  if (method === 'DELETE') return undoDeletion(look, seen.values);
  return method === 'PUT' ? undoReplacement(write, look, seen.values) : undoChange(write, look, seen.values);
}

function never(reason: string): Planned {
  return { parts: [], reasons: [reason] };
}

async function undoTags(write: ArmWrite, { arm, call }: ArmUndoContext): Promise<Planned> {
  const look: Look = { kind: 'tags', path: tagAddress(write) };
  const seen: Seen = await seeArm(look, { arm }, call);
  if (seen.values === undefined) return never(`the tags could not be read (status ${seen.status})`);
  const after = tagsAfter(write, seen.values);
  if (changesTo(after, seen.values, look).length === 0) return never('it changed nothing');
  if (holdsMark(seen.values)) return never('the tags held a secret, and those are not kept');
  const body = { operation: 'Replace', properties: seen.values };
  return { parts: [{ of, method: 'PATCH', path: look.path, body, look, before: seen.values, after }], reasons: [] };
}

function undoCreation(look: Look): Planned {
  const states = { before: { exists: false }, after: { exists: true } };
  return { parts: [partOf('DELETE', { ...look, kind: 'presence' }, states)], reasons: [] };
}

function undoDeletion(look: Look, current: Values): Planned {
  const body = withoutServiceMembers(current);
  const states = { before: { exists: true }, after: { exists: false } };
  return { parts: [{ ...partOf('PUT', { ...look, kind: 'presence' }, states), body }], reasons: [] };
}

function undoReplacement({ body }: ArmWrite, look: Look, current: Values): Planned {
  const wanted = shownOf(body, look.path);
  const before = withoutServiceMembers(current);
  if (holdsMark(before)) return never('the resource held a secret, and those are not kept');
  if (holdsMark(wanted) || hasReference(wanted)) {
    return never('it carries a secret, and the earlier one is known to nobody');
  }
  // What the earlier body does not have goes with it: a PUT replaces the whole.
  if (changesTo(wanted, before, look).length === 0 && changesTo(before, wanted, look).length === 0) {
    return never('it changed nothing');
  }
  const states = { before: withAdded(before, wanted), after: wanted };
  return { parts: [{ ...partOf('PUT', { ...look, kind: 'whole' }, states), body: before }], reasons: [] };
}

/** A PATCH is undone by one with the earlier values of exactly what it changed. */
function undoChange({ body }: ArmWrite, look: Look, current: Values): Planned {
  const wanted = shownOf(body, look.path);
  const hidden: string[] = [];
  const before = earlierValues(wanted, current, '', hidden);
  const reasons = hidden.length === 0 ? [] : [`${quoteFewNames(hidden)}: it is a secret, and those are not kept`];
  if (changesTo(before, wanted, look).length === 0) return never(reasons[0] ?? 'it changed nothing');
  const after = earlierValues(before, wanted, '', []);
  return { parts: [{ ...partOf('PATCH', look, { before, after }), body: before }], reasons };
}

/** The values of `from` at the places of `shape`; null where it has none. Secrets are left out, and named. */
function earlierValues(shape: Values, from: Values, base: string, hidden: string[]): Values {
  const entries = Object.entries(shape).flatMap(([name, wanted]): readonly (readonly [string, unknown])[] => {
    const path = base === '' ? name : `${base}.${name}`;
    const key = Object.keys(from).find((one) => one.toLowerCase() === name.toLowerCase());
    const value = key === undefined ? null : (from[key] ?? null);
    if (isRecord(wanted) && isRecord(value)) return [[name, earlierValues(wanted, value, path, hidden)]];
    if (holdsMark(wanted) || hasReference(wanted) || holdsMark(value)) {
      hidden.push(path);
      return [];
    }
    return [[name, value]];
  });
  return Object.fromEntries(entries);
}

function partOf(method: UndoPart['method'], look: Look, states: Pick<UndoPart, 'before' | 'after'>): UndoPart {
  return { of, method, path: look.path, ...withoutUndefined({ apiVersion: look.apiVersion }), look, ...states };
}

function shownOf(body: unknown, path: string): Values {
  return isRecord(body) ? shownBody({ api: 'arm', method: 'PUT', path, body }) : {};
}

/** Whether `{ "secret": "name" }` or `{ "generate": true }` stands somewhere in it. */
function hasReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isRecord(value) && Object.keys(value).length === 1 && ('secret' in value || 'generate' in value)) return true;
  return Object.values(value).some(hasReference);
}
