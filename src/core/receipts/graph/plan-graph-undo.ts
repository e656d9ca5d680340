import { pathSegments } from '../../apis/graph/advanced/directory-path.ts';
import type { GraphApi } from '../../apis/graph/graph-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Cloud } from '../../base/clouds.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { seeGraph } from '../read-look.ts';
import type { UndoPlan } from '../receipt.ts';
import { draftCreation } from './draft-creation.ts';
import { draftDeletion } from './draft-deletion.ts';
import { draftLicenseChange, isLicenseChange } from './draft-license.ts';
import { draftPatch } from './draft-patch.ts';
import { draftReference, isReference } from './draft-references.ts';
import { type Draft, type Drafted, type GraphPlace, type GraphWrite, notUndone } from './graph-draft.ts';
import { lastingPlaces } from './lasting-places.ts';

export interface GraphUndoContext {
  readonly graph: GraphApi;
  readonly cloud: Pick<Cloud, 'graph'>;
  readonly call: CallContext;
}

/** How the writes are undone. Reads what they are about to change, for all of them together; sends GETs only. */
export async function planGraphUndo(
  writes: readonly GraphWrite[],
  { graph, cloud, call }: GraphUndoContext,
): Promise<UndoPlan> {
  const places = writes.map((write) => placeOf(write, cloud.graph));
  const lasting = await lastingPlaces(places, { graph, call });
  const drafts = writes.map((write, index) => draftOf(write, lasting[index] ?? placeOf(write, cloud.graph)));
  const drafted = new Map<string, Drafted>();
  let open = drafts.map((draft, index) => ({ id: writes[index]?.id ?? '', draft }));
  while (open.length > 0) {
    const seen = await seeGraph(
      open.flatMap(({ draft }) => draft.looks),
      { graph },
      call,
    );
    let at = 0;
    open = open.flatMap(({ id, draft }) => {
      const own = seen.slice(at, at + draft.looks.length);
      at += draft.looks.length;
      const next = draft.finish(own);
      if ('looks' in next) return [{ id, draft: next }];
      drafted.set(id, next);
      return [];
    });
  }
  return {
    steps: writes.map(({ id, method, dependsOn }, index) =>
      withoutUndefined({
        id,
        request: `${method} ${places[index]?.path ?? ''}`,
        dependsOn,
        reasons: drafted.get(id)?.reasons ?? [],
      }),
    ),
    parts: writes.flatMap(({ id }) => drafted.get(id)?.parts ?? []),
    afterAnswer(id, answer) {
      const before = drafted.get(id) ?? { parts: [], reasons: [] };
      const draft = drafts[writes.findIndex((write) => write.id === id)];
      return draft?.afterAnswer?.(answer, before) ?? before;
    },
  };
}

function draftOf(write: GraphWrite, place: GraphPlace): Draft {
  if (isReference(place)) return draftReference(write, place);
  switch (write.method) {
    case 'PATCH':
      return draftPatch(write, place);
    case 'DELETE':
      return draftDeletion(write, place);
    case 'POST':
      return isLicenseChange(place) ? draftLicenseChange(write, place) : draftCreation(write, place);
    case 'PUT':
      return notUndone('a PUT replaces the whole, and what was there before is not kept');
  }
}

/** The address below the root; v1.0 is not written, since it is what is used anyway. */
function placeOf({ endpoint, apiVersion }: GraphWrite, root: string): GraphPlace {
  const [bare = ''] = endpoint.trim().split('?', 1);
  const local = bare
    .replace(/^https?:\/\/[^/]+/i, '')
    .replace(/^\/*/, '/')
    .replace(/\/+$/, '');
  const version = /^\/(v1\.0|beta)(?=\/)/i.exec(local)?.[1]?.toLowerCase() ?? apiVersion;
  const path = local.replace(/^\/(?:v1\.0|beta)(?=\/)/i, '');
  return { path: version === 'beta' ? `/beta${path}` : path, segments: pathSegments(path), root };
}
