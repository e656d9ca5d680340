import type { Clock } from '../core/base/clock.ts';
import { attributeNames } from '../core/telemetry/attributes.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';
import type { ToolResult } from './tool-result.ts';

export interface ObservedCall {
  readonly tool: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** `_meta` of the request; the caller's trace is read from it. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Runs a tool call inside a span `tools/call {tool}`, child of the trace that the request's `_meta` names, and records
 * its duration. Names follow OpenTelemetry's conventions for MCP. Arguments and results are not recorded.
 */
export async function observeCall(observed: ObservedCall, run: () => Promise<ToolResult>): Promise<ToolResult> {
  const { tool, telemetry, clock, meta } = observed;
  const attributes = {
    [attributeNames.mcpMethod]: 'tools/call',
    [attributeNames.toolName]: tool,
    [attributeNames.operationName]: 'execute_tool',
  };
  const parent = traceContext(meta);
  const startedAt = clock.now();
  return telemetry.withSpan(
    `tools/call ${tool}`,
    { kind: 'server', attributes, ...(parent ? { parent } : {}) },
    async (span) => {
      const result = await run();
      const errorType = result.isError ? { [attributeNames.errorType]: 'tool_error' } : {};
      if (result.isError) span.fail('tool_error');
      const seconds = (clock.now() - startedAt) / 1_000;
      telemetry.record('mcp.server.operation.duration', seconds, { ...attributes, ...errorType });
      return result;
    },
  );
}

function traceContext(meta: Readonly<Record<string, unknown>> | undefined): Record<string, string> | undefined {
  const traceparent = meta?.['traceparent'];
  if (typeof traceparent !== 'string') return undefined;
  const tracestate = meta?.['tracestate'];
  return { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) };
}
