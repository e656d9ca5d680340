import { counted } from '../../core/base/counted.ts';
import { type ListedTool, listTools } from '../../server/list-tools.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { showList } from '../output/show-list.ts';
import { textTable, widthOf } from '../output/text-table.ts';
import { startTenantry } from '../start-tenantry.ts';

/** `tenantry tools`: what clients see, and roughly how much of their context it takes. */
export async function runTools(flags: CommonFlags & OutputFlags): Promise<number> {
  const tenantry = await startTenantry(flags);
  const listed = listTools(tenantry.tools.listed);
  await tenantry.close();
  if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
  const tokens = estimateTokens(JSON.stringify(listed));
  const rows = listed.map((tool) => [
    tool.name,
    kindOf(tool.annotations),
    String(estimateTokens(JSON.stringify(tool))),
    firstSentence(tool.description),
  ]);
  const text = await showList(formatOf(flags), {
    items: rows.map(([name, kind, own, about]) => ({ name, kind, estimated_tokens: Number(own), description: about })),
    json: { tools: listed, estimated_tokens: tokens },
    table: () =>
      [
        textTable(['NAME', 'KIND', 'TOKENS', 'DESCRIPTION'], rows, { width: widthOf(process.stdout) }),
        '',
        `${counted(listed.length, 'tool')}, about ${tokens} tokens.`,
      ].join('\n'),
  });
  process.stdout.write(`${text}\n`);
  return exitCodes.success;
}

function kindOf({ readOnlyHint, destructiveHint }: ListedTool['annotations']): string {
  if (readOnlyHint) return 'reads';
  return destructiveHint ? 'writes' : 'adds';
}

/** JSON Schema text has about 4.4 characters per token (o200k); the package has no tokenizer. */
function estimateTokens(text: string): number {
  return Math.round(text.length / 4.4);
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/s.exec(text)?.[0] ?? text;
}
