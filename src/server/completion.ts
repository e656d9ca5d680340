import type { CompleteRequest, CompleteResult } from '@modelcontextprotocol/server';
import { shownLine } from '../core/base/clean-text.ts';
import { completionsOf } from '../resources/completions.ts';
import type { ArgumentKind, ResourceContext } from '../resources/define-resource.ts';
import { prompts } from '../resources/prompts.ts';
import { templateResources } from '../resources/resources.ts';

/** The protocol allows no more. */
const mostValues = 100;

/** What an argument of a prompt, or a variable of a resource, may be. An unknown one has no completions. */
export async function complete(
  { ref, argument, context: given }: CompleteRequest['params'],
  context: ResourceContext,
): Promise<CompleteResult> {
  const kind = kindOf(ref, argument.name) ?? 'text';
  const found = await completionsOf({ kind, text: argument.value, given: given?.arguments ?? {} }, context);
  return {
    completion: {
      values: found.slice(0, mostValues).map(shownLine),
      total: found.length,
      hasMore: found.length > mostValues,
    },
  };
}

function kindOf(ref: CompleteRequest['params']['ref'], name: string): ArgumentKind | undefined {
  if (ref.type === 'ref/prompt') {
    const prompt = prompts.find((one) => one.name === ref.name);
    return prompt?.arguments.find((one) => one.name === name)?.kind;
  }
  const variables = templateResources.find(({ uriTemplate }) => uriTemplate === ref.uri)?.variables ?? {};
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
