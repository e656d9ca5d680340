import { AppError } from '../core/base/errors.ts';
import { didYouMean } from '../core/base/nearest.ts';
import { quoted } from '../core/base/plain-text.ts';
import type { ToolDefinition } from './define-tool.ts';

export interface Visibility {
  /** Toolsets to offer, as the operator wrote them; undefined offers all. */
  readonly toolsets: readonly string[] | undefined;
  /** Offer reading tools only. */
  readonly readOnly: boolean;
}

/** The tools that are offered: the same for every caller of a process, whatever calls do. */
export function visibleTools(tools: readonly ToolDefinition[], visibility: Visibility): readonly ToolDefinition[] {
  const { toolsets, readOnly } = visibility;
  const isOffered = ({ toolset, alsoIn = [] }: ToolDefinition) =>
    toolsets === undefined || ['all', toolset, ...alsoIn].some((name) => toolsets.includes(name));
  return tools.filter((tool) => isOffered(tool) && (!readOnly || tool.annotations.readOnlyHint));
}

/** The `configuration` error for a toolset that does not exist, or undefined. */
export function unknownToolset(
  tools: readonly ToolDefinition[],
  toolsets: readonly string[] | undefined,
): AppError | undefined {
  const known: readonly string[] = [...new Set(tools.map((tool) => tool.toolset)), 'all'];
  const unknown = toolsets?.find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  return new AppError('configuration', `There is no toolset ${quoted(unknown, 60)}.`, {
    hint: `${didYouMean(unknown, known)}Use --toolsets (or TENANTRY_TOOLSETS) with some of ${known.join(', ')}.`,
  });
}

/** Why a tool that there is cannot be called here; undefined for any other name. */
export function whyNotOffered(tools: readonly ToolDefinition[], name: string): string | undefined {
  const tool = tools.find((one) => one.name === name);
  return (
    tool &&
    `${name} is of the toolset ${tool.toolset}, which is not offered here: the person who runs Tenantry adds it with --toolsets or TENANTRY_TOOLSETS.`
  );
}
