import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { quoted } from '../core/base/plain-text.ts';
import { tools } from '../tools/registry.ts';
import { whyNotOffered } from '../tools/toolsets.ts';

/** The answer to the name of no tool that is offered: a tool of another toolset is named as what it is. */
export async function unknownTool(name: string, offered: readonly string[]): Promise<ProtocolError> {
  // Loaded when something is wrong.
  const { nearest } = await import('../core/base/nearest.ts');
  const meant = nearest(name, offered);
  const near = meant === undefined ? '' : ` The nearest is ${meant}.`;
  const reason = whyNotOffered(tools, name) ?? `Unknown tool: ${quoted(name, 100)}.${near}`;
  return new ProtocolError(ProtocolErrorCode.InvalidParams, reason);
}
