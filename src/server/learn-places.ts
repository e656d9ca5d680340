import { isGuid } from '../core/base/guid.ts';
import type { SeenPlaces } from '../core/connections/seen-places.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import type { ToolResult } from './tool-result.ts';

/** A call that has gone well. */
interface AnsweredCall {
  readonly tool: Pick<ToolDefinition, 'toolset'>;
  readonly input: Readonly<Record<string, unknown>> | undefined;
  readonly result: Pick<ToolResult, 'text' | 'isError'>;
  readonly caller: string;
}

/** Characters of an answer that are looked at: a usual answer is shorter, and looking takes microseconds. */
const mostText = 64_000;

/** Names are what Azure allows for them; anything else in an answer is no name. */
const resourceId =
  /\/subscriptions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/resourceGroups\/([\p{L}\p{N}_().-]{1,90})\/providers\/Microsoft\.MachineLearningServices\/workspaces\/([\w-]{2,33}))?/giu;
const partNumber = /"(?:skuPartNumber|sku)":"([A-Za-z0-9_-]{2,100})"/g;

/** Notes where a call has been and what its answer names, so that completion can offer it to the same caller. */
export function learnPlaces({ tool: { toolset }, input = {}, result, caller }: AnsweredCall, places: SeenPlaces): void {
  const connection = textIn(input, 'connection');
  if (result.isError || connection === undefined) return;
  const note = (place: Omitted<Parameters<SeenPlaces['note']>[0], 'connection'>) =>
    places.note({ ...place, connection }, caller);
  const text = result.text.slice(0, mostText);
  const subscription = textIn(input, 'subscription_id');
  if (subscription !== undefined && isGuid(subscription)) note({ kind: 'subscription', subscription });
  switch (toolset) {
    case 'devops': {
      const [organization, project] = [textIn(input, 'organization'), textIn(input, 'project')];
      if (organization !== undefined) note({ kind: 'organization', organization });
      if (project !== undefined) note({ kind: 'project', organization, project });
      return;
    }
    case 'graph':
      for (const [, found = ''] of text.matchAll(partNumber)) note({ kind: 'product', partNumber: found });
      return;
    case 'connections':
      return;
    case 'arm':
    case 'ml': {
      const [group, workspace] = [textIn(input, 'resource_group'), textIn(input, 'workspace_name')];
      if (group !== undefined && workspace !== undefined) note({ kind: 'workspace', subscription, group, workspace });
      const ids = [...text.matchAll(resourceId)];
      for (const found of new Set(ids.flatMap(([, id]) => id ?? [])))
        note({ kind: 'subscription', subscription: found });
      for (const [, found, ofGroup, ofWorkspace] of ids) {
        if (ofGroup === undefined || ofWorkspace === undefined) continue;
        note({ kind: 'workspace', subscription: found, group: ofGroup, workspace: ofWorkspace });
      }
    }
  }
}

/** Of each member of a union. */
type Omitted<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

function textIn(input: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value.length > 0 && value.length <= 300 ? value : undefined;
}
