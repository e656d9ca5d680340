import { isRecord, member, textOf } from '../../base/guards.ts';
import type { Values } from '../receipt.ts';
import type { ArmWrite } from './plan-arm-undo.ts';

// Tags have a resource of their own, at every scope, whose PATCH replaces all of them:
// https://learn.microsoft.com/rest/api/resources/tags/update-at-scope

const tagsResource = /\/providers\/microsoft\.resources\/tags\/default\/?$/i;

/** Whether a write changes tags and nothing else. */
export function isTagWrite({ method, path, body }: ArmWrite): boolean {
  if (tagsResource.test(path)) return true;
  const names = isRecord(body) ? Object.keys(body) : [];
  return method === 'PATCH' && names.length > 0 && names.every((name) => name.toLowerCase() === 'tags');
}

/** Where the tags are read and written. */
export function tagAddress({ path }: Pick<ArmWrite, 'path'>): string {
  return tagsResource.test(path) ? path : `${path.replace(/\/+$/, '')}/providers/Microsoft.Resources/tags/default`;
}

/** The tags that a write leaves, as the service documents it. */
export function tagsAfter({ method, path, body }: ArmWrite, current: Values): Values {
  const old = recordOf(current['tags']);
  if (method === 'DELETE') return { tags: {} };
  if (!tagsResource.test(path)) return { tags: withoutNulls({ ...old, ...recordOf(member(body, 'tags')) }) };
  const given = recordOf(member(member(body, 'properties'), 'tags'));
  const operation = method === 'PUT' ? 'replace' : textOf(member(body, 'operation')).toLowerCase();
  if (operation === 'merge') return { tags: { ...old, ...given } };
  if (operation !== 'delete') return { tags: given };
  return { tags: Object.fromEntries(Object.entries(old).filter(([name, value]) => given[name] !== value)) };
}

function recordOf(value: unknown): Values {
  return isRecord(value) ? value : {};
}

function withoutNulls(tags: Values): Values {
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== null));
}
