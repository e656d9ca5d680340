import { pathSegments } from '../../apis/graph/advanced/directory-path.ts';
import type { GraphApi } from '../../apis/graph/graph-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import { textOf } from '../../base/guards.ts';
import { guidPattern } from '../../base/guid.ts';
import { seeGraph } from '../read-look.ts';
import type { GraphPlace } from './graph-draft.ts';

/** A user that is named by something other than its id: `/me`, `/users/ada@contoso.com`, `/users('ada@contoso.com')`. */
const holder = /^((?:\/beta)?)(\/me|\/users(?:\/|\(')([^/']+)(?:'\))?)(?=\/|$)/i;

/**
 * The places with the ids of their users. A name may be another one after the write, or that of somebody else: an undo
 * goes to the user that was written to. Reads only where there is such a name; a user that cannot be read keeps it.
 */
export async function lastingPlaces(
  places: readonly GraphPlace[],
  { graph, call }: { readonly graph: GraphApi; readonly call: CallContext },
): Promise<readonly GraphPlace[]> {
  const named = [...new Set(places.flatMap((place) => nameOf(place) ?? []))];
  const looks = named.map((path) => ({ kind: 'members' as const, path, params: { $select: 'id' } }));
  const seen = await seeGraph(looks, { graph }, call);
  const ids = new Map(named.map((path, index) => [path, textOf(seen[index]?.values?.['id'])]));
  return places.map((place) => {
    const id = ids.get(nameOf(place) ?? '') ?? '';
    if (id === '') return place;
    const path = place.path.replace(holder, (_whole, version: string) => `${version}/users/${id}`);
    return { ...place, path, segments: pathSegments(path) };
  });
}

/** The address of the user, where that is not its id. */
function nameOf({ path }: GraphPlace): string | undefined {
  const [address, , , key = ''] = holder.exec(path) ?? [];
  return guidPattern.test(key) ? undefined : address;
}
