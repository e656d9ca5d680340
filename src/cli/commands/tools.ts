import { counted } from '../../core/base/counted.ts';
import { listTools } from '../../server/list-tools.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { startTenantry } from '../start-tenantry.ts';

/** `tenantry tools`: what clients see, and roughly how much of their context it takes. */
export async function runTools(flags: CommonFlags & { readonly json?: boolean }): Promise<number> {
  const tenantry = await startTenantry(flags);
  const listed = listTools(tenantry.tools.listed);
  await tenantry.close();
  if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
  const tokens = estimateTokens(JSON.stringify(listed));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ tools: listed, estimated_tokens: tokens })}\n`);
    return exitCodes.success;
  }
  const width = Math.max(...listed.map((tool) => tool.name.length), 0);
  for (const { name, annotations, description } of listed) {
    const kind = annotations.readOnlyHint ? 'reads' : annotations.destructiveHint ? 'writes' : 'adds';
    const own = estimateTokens(JSON.stringify(listed.find((tool) => tool.name === name)));
    process.stdout.write(
      `${name.padEnd(width)}  ${kind.padEnd(6)}  ${String(own).padStart(5)}  ${firstSentence(description)}\n`,
    );
  }
  process.stdout.write(`\n${counted(listed.length, 'tool')}, about ${tokens} tokens.\n`);
  return exitCodes.success;
}

/** JSON Schema text has about 4.4 characters per token (o200k); the package has no tokenizer. */
function estimateTokens(text: string): number {
  return Math.round(text.length / 4.4);
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/s.exec(text)?.[0] ?? text;
}
