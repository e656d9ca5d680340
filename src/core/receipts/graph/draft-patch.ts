import { bodyChanges } from '../../apis/arm/body-difference.ts';
import { isRecord, textOf } from '../../base/guards.ts';
import { quoteFewNames } from '../../base/plain-text.ts';
import { shownBody } from '../../named-secrets/shown-body.ts';
import { holdsMark } from '../../secrets/answers/secret-shapes.ts';
import type { Look, Values } from '../receipt.ts';
import { withAdded } from '../standing.ts';
import { madeBy } from './draft-creation.ts';
import { draftBindings } from './draft-references.ts';
import { type Draft, type Drafted, type GraphPlace, type GraphWrite, joinDrafts, unreadable } from './graph-draft.ts';

/** Members that are written and never given back, in lower case: their earlier value is known to nobody. */
const writeOnly: ReadonlySet<string> = new Set(['passwordprofile', 'keycredentials', 'passwordcredentials']);

/** A PATCH is undone by one with the earlier values of exactly what it changed. */
export function draftPatch(write: GraphWrite, place: GraphPlace): Draft {
  const body = isRecord(write.body) ? write.body : {};
  const bindings = draftBindings(write, place, body);
  const properties = draftProperties(write, place, body);
  return properties === undefined ? bindings : joinDrafts([properties, bindings]);
}

function draftProperties({ id }: GraphWrite, place: GraphPlace, body: Values): Draft | undefined {
  const { path } = place;
  const names = Object.keys(body).filter((name) => !name.includes('@'));
  if (names.length === 0) return undefined;
  const shown = shownBody({ api: 'graph', method: 'PATCH', path, body });
  const secret = names.filter((name) => writeOnly.has(name.toLowerCase()) || holdsMark(shown[name]));
  const strange = names.filter((name) => !secret.includes(name) && !/^[A-Za-z_]\w*$/.test(name));
  const plain = names.filter((name) => !secret.includes(name) && !strange.includes(name));
  const reasons = [
    ...(secret.length === 0 ? [] : [`${quoteFewNames(secret)}: it is a secret, and those are not kept`]),
    ...(strange.length === 0 ? [] : [`${quoteFewNames(strange)}: it cannot be read by its name`]),
  ];
  if (plain.length === 0) return { looks: [], finish: () => ({ parts: [], reasons }) };
  const look: Look = { kind: 'members', path, params: { $select: plain.join(',') } };
  return {
    looks: [look],
    finish([state = { status: 0 }]) {
      if (state.values === undefined) return { parts: [], reasons: [...reasons, unreadable(state)] };
      return undoProperties(id, look, { names: plain, wanted: shown, current: state.values, reasons, body });
    },
    // A PATCH that made its object (`Prefer: create-if-missing`) names it in the answer.
    afterAnswer: (answer, drafted) => (answer.status === 201 ? madeBy(id, place, answer) : drafted),
  };
}

interface Properties {
  readonly names: readonly string[];
  readonly wanted: Values;
  readonly current: Values;
  readonly reasons: readonly string[];
  readonly body: Values;
}

function undoProperties(id: string, look: Look, { names, wanted, current, reasons, body }: Properties): Drafted {
  const changed = names.filter((name) => bodyChanges(current, { [name]: wanted[name] }).length > 0);
  const hidden = changed.filter((name) => holdsMark(current[name]));
  const kept = changed.filter((name) => !hidden.includes(name));
  const all =
    hidden.length === 0 ? reasons : [...reasons, `${quoteFewNames(hidden)}: it held a secret, and those are not kept`];
  if (kept.length === 0) return { parts: [], reasons: all.length === 0 ? ['it changed nothing'] : all };
  const earlier = Object.fromEntries(kept.map((name) => [name, current[name] ?? null]));
  const after = Object.fromEntries(kept.map((name) => [name, wanted[name] ?? null]));
  const before = withAdded(earlier, after);
  // A derived type has to be named in every change.
  const type = textOf(body['@odata.type']);
  const typed = type === '' ? before : { '@odata.type': type, ...before };
  const narrow = { ...look, params: { $select: kept.join(',') } };
  return {
    parts: [{ of: id, method: 'PATCH', path: look.path, body: typed, look: narrow, before, after }],
    reasons: all,
  };
}
