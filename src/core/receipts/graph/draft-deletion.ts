import { textOf } from '../../base/guards.ts';
import type { Seen } from '../read-look.ts';
import type { Look, UndoPart } from '../receipt.ts';
import { type Draft, type Drafted, type GraphPlace, type GraphWrite, notUndone, unreadable } from './graph-draft.ts';

/** Collections whose objects the directory keeps for 30 days, in lower case: what is read of them, beside the id. */
const restorable: Readonly<Record<string, string>> = {
  users: '',
  groups: 'groupTypes',
  applications: 'appId',
  serviceprincipals: '',
  administrativeunits: '',
};

const permanent = 'it was deleted for good: Microsoft Graph keeps nothing that could be restored';

/**
 * A deletion is undone by restoring the object, where the directory keeps it.
 * https://learn.microsoft.com/graph/api/resources/deleteditem
 */
export function draftDeletion({ id: of }: GraphWrite, { path, segments }: GraphPlace): Draft {
  const [first = '', ...rest] = segments;
  const [set = '', key, ...below] = first === 'directory' ? rest : segments;
  const wanted = restorable[set];
  if (wanted === undefined || key === undefined || below.length > 0) return notUndone(permanent);
  const select = wanted === '' ? 'id' : `id,${wanted}`;
  return {
    looks: [{ kind: 'members', path, params: { $select: select } }],
    finish([seen = { status: 0 }]) {
      const id = textOf(seen.values?.['id']);
      if (seen.values === undefined || id === '') return { parts: [], reasons: [unreadable(seen)] };
      if (set === 'groups' && !isUnified(seen.values['groupTypes'])) {
        return { parts: [], reasons: [`${permanent} of a group that is not a Microsoft 365 group`] };
      }
      const collection = path.endsWith(')') ? path.replace(/\([^/]*\)$/, '') : path.replace(/\/[^/]+$/, '');
      const part = restore(of, id, `${collection}/${id}`);
      const appId = textOf(seen.values['appId']);
      return set === 'applications' && appId !== '' ? withPrincipal(of, part, appId) : { parts: [part], reasons: [] };
    },
  };
}

function isUnified(types: unknown): boolean {
  return Array.isArray(types) && types.includes('Unified');
}

function restore(of: string, id: string, object: string): UndoPart {
  const look: Look = { kind: 'presence', path: object, params: { $select: 'id' } };
  const states = { before: { exists: true }, after: { exists: false } };
  return { of, method: 'POST', path: `/directory/deletedItems/${id}/restore`, look, ...states };
}

/**
 * An app takes its service principal in the same tenant with it, which has to be restored after it.
 * https://learn.microsoft.com/graph/api/application-delete
 */
function withPrincipal(of: string, app: UndoPart, appId: string): Draft {
  const select = { $filter: `appId eq '${appId}'`, $select: 'id' };
  return {
    looks: [{ kind: 'members', path: '/servicePrincipals', params: select }],
    finish([seen = { status: 0 }]): Drafted {
      const id = firstId(seen);
      const principal = id === undefined ? [] : [restore(of, id, `/servicePrincipals/${id}`)];
      return { parts: [...principal, app], reasons: [] };
    },
  };
}

function firstId({ values }: Seen): string | undefined {
  const list = values?.['value'];
  const [first] = Array.isArray(list) ? (list as readonly unknown[]) : [];
  const id = textOf((first as { readonly id?: unknown } | undefined)?.id);
  return id === '' ? undefined : id;
}
