import type { Caller } from '../core/base/caller.ts';
import { isGuid } from '../core/base/guid.ts';
import type { SeenPlace, SeenPlaces } from '../core/connections/seen-places.ts';
import type { ToolDefinition, Toolset } from '../tools/define-tool.ts';
import type { ToolResult } from './tool-result.ts';

/** A call that has gone well. */
interface AnsweredCall {
  readonly tool: Pick<ToolDefinition, 'toolset'>;
  readonly input: Readonly<Record<string, unknown>> | undefined;
  readonly result: Pick<ToolResult, 'text' | 'isError' | 'connectionId'>;
  readonly caller: Caller;
}

/** Characters of an answer that are looked at: a usual answer is shorter, and looking takes microseconds. */
const mostText = 64_000;

/** Names are what Azure allows for them; anything else in an answer is no name. */
const resourceId =
  /\/subscriptions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/resourceGroups\/([\p{L}\p{N}_().-]{1,90})\/providers\/Microsoft\.MachineLearningServices\/workspaces\/([\w-]{2,33}))?/giu;
const partNumber = /"(?:skuPartNumber|sku)":"([A-Za-z0-9_-]{2,100})"/g;

/** Notes where a call has been and what its answer names, so that completion can offer it to the same caller. */
export function learnPlaces({ tool: { toolset }, input = {}, result, caller }: AnsweredCall, places: SeenPlaces): void {
  // By its id: what has its name tomorrow may be another one. Of several connections, none has all that the answer names.
  const { connectionId: connection } = result;
  if (result.isError || connection === undefined) return;
  const found = placesOf[toolset]?.(input, result.text.slice(0, mostText)) ?? [];
  for (const place of found) places.note({ ...place, connection }, caller.id);
}

/** Of each member of the union. */
type Place<Seen = SeenPlace> = Seen extends unknown ? Omit<Seen, 'connection'> : never;

type FindPlaces = (input: Readonly<Record<string, unknown>>, text: string) => readonly Place[];

const placesOf: Readonly<Partial<Record<Toolset, FindPlaces>>> = {
  graph: (_input, text) =>
    [...text.matchAll(partNumber)].map(([, found = '']) => ({ kind: 'product', partNumber: found })),
  arm: inAzure,
  ml: inAzure,
  devops: inDevOps,
};

function inDevOps(input: Readonly<Record<string, unknown>>): readonly Place[] {
  const [organization, project] = [textIn(input, 'organization'), textIn(input, 'project')];
  return [
    ...(organization === undefined ? [] : [{ kind: 'organization' as const, organization }]),
    ...(project === undefined ? [] : [{ kind: 'project' as const, organization, project }]),
  ];
}

function inAzure(input: Readonly<Record<string, unknown>>, text: string): readonly Place[] {
  const [subscription, group, workspace] = ['subscription_id', 'resource_group', 'workspace_name'].map((name) =>
    textIn(input, name),
  );
  const named = [...text.matchAll(resourceId)].map(([, ...parts]) => parts);
  const all = [[subscription, group, workspace], ...named];
  const subscriptions = new Set(all.flatMap(([id]) => (id !== undefined && isGuid(id) ? id : [])));
  const workspaces = all.flatMap(([id, ofGroup, name]): readonly Place[] =>
    ofGroup === undefined || name === undefined
      ? []
      : [{ kind: 'workspace', subscription: id, group: ofGroup, workspace: name }],
  );
  return [...[...subscriptions].map((id) => ({ kind: 'subscription' as const, subscription: id })), ...workspaces];
}

function textIn(input: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value.length > 0 && value.length <= 300 ? value : undefined;
}
