import { invalidArgument } from '../../core/base/errors.ts';
import { isRecord, parseRecord } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import type { ReadPasted } from '../define-tool.ts';
import { resourceOfLink } from './resource-links.ts';
import { unwrap } from './unwrap.ts';

const places = ['parent', 'workspace_name', 'resource_group'] as const;

/**
 * Reads a resource id, or a link to the portal or the studio, wherever a workspace or its group is wanted; what is named
 * beside it has to be the same. An address of the API keeps its host, which is compared with the connection's.
 */
export const readWorkspaceParent: ReadPasted = (args, note) => {
  const field = places.find((one) => idIn(args[one]) !== undefined);
  const id = field === undefined ? undefined : idIn(args[field]);
  if (field === undefined || id === undefined) return args;
  const parts = partsOf(id);
  const { parent: _, workspace_name: name, resource_group: group, subscription_id: subscription, ...rest } = args;
  checkSame('subscription_id', subscription, parts.subscription);
  if (field !== 'resource_group') checkSame('resource_group', group, parts.group);
  if (field !== 'workspace_name' && parts.provider) checkSame('workspace_name', name, parts.workspace);
  if (id !== args[field] || field !== 'parent') note(`${field} was read as the resource id ${quoted(id, 500)}.`);
  if (parts.provider) return { ...rest, parent: id };
  // The id of a group, beside the name of the workspace.
  const named = { resource_group: parts.group, subscription_id: parts.subscription };
  return field === 'parent' || parts.group === undefined
    ? args
    : { ...rest, ...named, ...(name === undefined ? {} : { workspace_name: name }) };
};

function idIn(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length > 4_000) return undefined;
  const text = unwrap(given);
  const found = resourceOfLink(text) ?? text;
  const path = found.replace(/[?#].*$/s, '').replace(/\/$/, '');
  if (/^https?:\/\/[^/]+\/subscriptions\//i.test(path)) return path;
  return /^\/?subscriptions\//i.test(path) ? `/${path.replace(/^\//, '')}` : undefined;
}

interface Parts {
  readonly subscription?: string | undefined;
  readonly group?: string | undefined;
  readonly workspace?: string | undefined;
  /** Whether it goes on behind the group. */
  readonly provider: boolean;
}

function partsOf(id: string): Parts {
  const at = (name: string) => new RegExp(`/${name}/([^/]+)`, 'i').exec(id)?.[1];
  const [subscription, group, workspace] = [at('subscriptions'), at('resourceGroups'), at('workspaces')];
  return { subscription, group, workspace, provider: /\/providers\//i.test(id) };
}

function checkSame(field: string, given: unknown, inId: string | undefined): void {
  if (typeof given !== 'string' || idIn(given) !== undefined) return;
  if (inId !== undefined && given.trim().toLowerCase() === inId.toLowerCase()) return;
  throw invalidArgument(
    `${field}: it is not the one in the resource id that was passed.`,
    'Pass either the resource id as parent, or subscription_id, resource_group and workspace_name.',
  );
}

/** Objects among the properties of a workspace connection, which hosts pass as JSON text; secrets stay as they are. */
export const readConnectionProperties: ReadPasted = (args, note) => {
  const read = readWorkspaceParent(args, note);
  const { properties } = read;
  if (!isRecord(properties)) return read;
  const meant = Object.entries(properties).map(([name, value]) => [name, propertyOf(name, value, note)]);
  return { ...read, properties: Object.fromEntries(meant) };
};

function propertyOf(name: string, value: unknown, note: (sentence: string) => void): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  const meant =
    name === 'credentials' || name === 'metadata'
      ? parseRecord(text)
      : name === 'isSharedToAll' && /^(?:true|false)$/i.test(text)
        ? text.toLowerCase() === 'true'
        : undefined;
  if (meant === undefined) return value;
  note(`properties.${name} was read from text.`);
  return meant;
}
