import { isRecord, textOf } from '../../base/guards.ts';
import { guidPattern } from '../../base/guid.ts';
import { quoted } from '../../base/plain-text.ts';
import type { Look, UndoPart, Values } from '../receipt.ts';
import { type Draft, type GraphPlace, type GraphWrite, joinDrafts, notUndone, unreadable } from './graph-draft.ts';

// Members, owners and the like: what was added is taken out, what was taken out is added again, and a manager is the one
// from before. https://learn.microsoft.com/graph/api/group-post-members, https://learn.microsoft.com/graph/api/user-post-manager

/** Lists of directory objects, in lower case. */
const lists: ReadonlySet<string> = new Set(['members', 'owners', 'registeredowners', 'registeredusers']);

/** Links to a single object, in lower case. */
const links: ReadonlySet<string> = new Set(['manager']);

const noId = 'the reference does not name the object by its id';
const otherList = 'how such a reference is taken back is not known';

/** Whether an address ends with `$ref`. */
export function isReference({ segments }: GraphPlace): boolean {
  return segments.at(-1) === '$ref';
}

/** POST, PUT and DELETE of a `$ref`. */
export function draftReference(write: GraphWrite, place: GraphPlace): Draft {
  const { method, body } = write;
  const bare = place.path.replace(/\/\$ref$/i, '');
  const given = idOf(isRecord(body) ? body['@odata.id'] : undefined);
  const name = place.segments.at(-2) ?? '';
  if (links.has(name)) {
    const to = method === 'DELETE' ? null : given;
    return to === undefined ? notUndone(noId) : draftLink(write, place, bare, to);
  }
  if (method === 'POST' && lists.has(name)) {
    return given === undefined ? notUndone(noId) : draftMember(write, place, { list: bare, id: given, isAdded: true });
  }
  const [, list = '', key = ''] = /^(.*)\/([^/]+)$/.exec(bare) ?? [];
  if (method !== 'DELETE' || !lists.has(place.segments.at(-3) ?? '')) return notUndone(otherList);
  const id = idOf(key);
  return id === undefined ? notUndone(noId) : draftMember(write, place, { list, id, isAdded: false });
}

/** References in the body of a PATCH: `members@odata.bind`, `manager@odata.bind`. */
export function draftBindings(write: GraphWrite, place: GraphPlace, body: Values): Draft {
  const bindings = Object.entries(body).filter(([name]) => /@odata\.bind$/i.test(name));
  return joinDrafts(
    bindings.flatMap(([member, value]): readonly Draft[] => {
      const name = member.replace(/@odata\.bind$/i, '');
      const path = `${place.path}/${name}`;
      const each = Array.isArray(value) ? value : [value];
      return each.map((one: unknown) => {
        const id = idOf(one);
        if (id === undefined) return notUndone(noId);
        if (links.has(name.toLowerCase())) return draftLink(write, place, path, id);
        const isKnown = lists.has(name.toLowerCase());
        return isKnown ? draftMember(write, place, { list: path, id, isAdded: true }) : notUndone(otherList);
      });
    }),
  );
}

interface Membership {
  /** Path of the list. */
  readonly list: string;
  readonly id: string;
  readonly isAdded: boolean;
}

function draftMember({ id: of }: GraphWrite, { root }: GraphPlace, { list, id, isAdded }: Membership): Draft {
  const look: Look = { kind: 'member', path: list, params: { $filter: `id eq '${id}'`, $select: 'id' } };
  const states = { look, before: { member: !isAdded }, after: { member: isAdded } };
  const part: UndoPart = isAdded
    ? { of, method: 'DELETE', path: `${list}/${id}/$ref`, ...states }
    : { of, method: 'POST', path: `${list}/$ref`, body: referenceTo(id, root), ...states };
  const whole = { parts: [part], reasons: [] };
  return {
    looks: [look],
    finish([seen]) {
      // What was there before is not taken out. Where the list cannot be read, the service's answer decides: it refuses to
      // add what is there, and to remove what is not.
      if (seen?.values?.['member'] !== isAdded) return whole;
      return { parts: [], reasons: [`${quoted(id)} was ${isAdded ? 'there' : 'not there'} before`] };
    },
    // Lists lag behind: what was removed had been there, whatever they said.
    ...(isAdded ? {} : { afterAnswer: () => whole }),
  };
}

function draftLink({ id: of }: GraphWrite, { root }: GraphPlace, path: string, to: string | null): Draft {
  const look: Look = { kind: 'reference', path, params: { $select: 'id' } };
  return {
    looks: [look],
    finish([seen = { status: 0 }]) {
      if (seen.values === undefined) return { parts: [], reasons: [unreadable(seen)] };
      const from = textOf(seen.values['id']);
      if (from === (to ?? '')) return { parts: [], reasons: ['it changed nothing'] };
      const states = { look, before: { id: from === '' ? null : from }, after: { id: to } };
      const part: UndoPart =
        from === ''
          ? { of, method: 'DELETE', path: `${path}/$ref`, ...states }
          : { of, method: 'PUT', path: `${path}/$ref`, body: referenceTo(from, root), ...states };
      return { parts: [part], reasons: [] };
    },
  };
}

function referenceTo(id: string, root: string): Values {
  return { '@odata.id': `${root}/v1.0/directoryObjects/${id}` };
}

/** The id at the end of an address, in lower case; undefined for another key. */
function idOf(address: unknown): string | undefined {
  const id = textOf(address).split('/').at(-1)?.toLowerCase() ?? '';
  return guidPattern.test(id) ? id : undefined;
}
