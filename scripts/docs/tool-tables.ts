import { listTools } from '../../src/server/list-tools.ts';
import type { ToolDefinition } from '../../src/tools/define-tool.ts';
import { tools } from '../../src/tools/registry.ts';
import { table } from './generated-section.ts';
import { describeType, type JsonSchema } from './schema-text.ts';

/** One row a tool: what the README shows. */
export function toolTable(): string {
  return table(
    ['tool', '', 'what it does'],
    tools.map((tool) => [`\`${tool.name}\``, kindOf(tool), firstSentence(tool.description)]),
  );
}

/** Every tool with its parameters. */
export function toolReference(): string {
  const listed = new Map(listTools(tools).map((tool) => [tool.name, tool]));
  return tools
    .map((tool) => {
      // Written by zod from a strict object; only the keywords of JsonSchema are read.
      const schema = listed.get(tool.name)?.inputSchema as JsonSchema | undefined;
      const permissions = tool.permissions.length > 0 ? `\n\nPermissions: ${tool.permissions.join(', ')}.` : '';
      return `## ${tool.name}\n\n${tool.title} (${kindOf(tool)}). ${tool.description}${permissions}\n\n${parameterTable(schema ?? {})}`;
    })
    .join('\n\n');
}

function parameterTable({ properties = {}, required = [] }: JsonSchema): string {
  return table(
    ['parameter', 'values', 'meaning'],
    Object.entries(properties).map(([name, schema]) => [
      required.includes(name) ? `\`${name}\` (required)` : `\`${name}\``,
      describeType(schema),
      schema.description ?? '',
    ]),
  );
}

function kindOf({ annotations }: ToolDefinition): string {
  if (annotations.readOnlyHint) return 'reads';
  return annotations.destructiveHint ? 'changes or deletes' : 'adds';
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/s.exec(text)?.[0] ?? text;
}
