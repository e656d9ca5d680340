import { isRecord, textOf } from '../../base/guards.ts';
import { groupHolderSelect, userHolderSelect } from '../../licensing/licenses.ts';
import { plans } from '../read-look.ts';
import type { Look, Values } from '../receipt.ts';
import { type Draft, type GraphPlace, type GraphWrite, unreadable } from './graph-draft.ts';

/** Whether an address is the action that changes the licences of a user or a group. */
export function isLicenseChange({ segments }: GraphPlace): boolean {
  const [set = '', key, action, ...rest] = segments;
  const name = action?.replace(/^microsoft\.graph\./, '');
  return /^(?:users|groups)$/.test(set) && key !== undefined && name === 'assignlicense' && rest.length === 0;
}

/**
 * Licences are given back and taken away as they were, with the service plans that were switched off.
 * https://learn.microsoft.com/graph/api/user-assignlicense
 */
export function draftLicenseChange({ id: of, body }: GraphWrite, { path, segments }: GraphPlace): Draft {
  const holder = path.replace(/\/[^/]+$/, '');
  const select = segments[0] === 'groups' ? groupHolderSelect : userHolderSelect;
  const look: Look = { kind: 'licenses', path: holder, params: { $select: select } };
  return {
    looks: [look],
    finish([seen = { status: 0 }]) {
      const { values } = seen;
      if (values === undefined) return { parts: [], reasons: [unreadable(seen)] };
      const after = wantedBy(body);
      const products = Object.keys(after).filter((product) => !isSame(values[product], after[product]));
      if (products.length === 0) return { parts: [], reasons: ['it changed nothing'] };
      const pick = (from: Values) => Object.fromEntries(products.map((product) => [product, from[product] ?? null]));
      const before = pick(values);
      const undo = { addLicenses: given(before), removeLicenses: taken(before) };
      const states = { look, before, after: pick(after) };
      return { parts: [{ of, method: 'POST', path, body: undo, ...states }], reasons: [] };
    },
  };
}

/** Switched-off plans by product, `null` where it is taken away. */
function wantedBy(body: unknown): Values {
  const lists = isRecord(body) ? body : {};
  const listOf = (name: string): readonly unknown[] => {
    const list = lists[name];
    return Array.isArray(list) ? list : [];
  };
  const removed = listOf('removeLicenses').map((id) => [textOf(id).toLowerCase(), null] as const);
  const added = listOf('addLicenses').flatMap((one) => {
    const disabled = isRecord(one) ? one['disabledPlans'] : undefined;
    const off = Array.isArray(disabled) ? disabled.filter((id) => typeof id === 'string') : [];
    return isRecord(one) ? [[textOf(one['skuId']).toLowerCase(), plans(off)] as const] : [];
  });
  return Object.fromEntries([...removed, ...added]);
}

function given(before: Values) {
  return Object.entries(before).flatMap(([skuId, disabledPlans]) =>
    disabledPlans === null ? [] : [{ skuId, disabledPlans }],
  );
}

function taken(before: Values) {
  return Object.entries(before).flatMap(([skuId, disabledPlans]) => (disabledPlans === null ? [skuId] : []));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
