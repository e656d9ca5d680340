import type {
  CallToolRequest,
  CallToolResult,
  ClientCapabilities,
  CompleteRequest,
  CompleteResult,
  GetPromptRequest,
  GetPromptResult,
  InputRequiredResult,
  ListPromptsResult,
  ListResourcesResult,
  ListResourceTemplatesResult,
  ListToolsResult,
  ReadResourceResult,
  ServerCapabilities,
  ServerContext,
} from '@modelcontextprotocol/server';
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import type { Channel } from '../core/base/authority.ts';
import type { ProgressUpdate } from '../core/base/call-context.ts';
import { cleanJson, shownLine, shownText } from '../core/base/clean-text.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { bindingOf } from '../core/policy/asking/agent-call.ts';
import { type ResourceContext, TextContents } from '../resources/define-resource.ts';
import { issuerWords, prompts } from '../resources/prompts.ts';
import { fixedResources, templateResources } from '../resources/resources.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { openConversation } from './ask-client.ts';
import { refusedEntryOf } from './audit-call.ts';
import { listTools } from './list-tools.ts';
import { runTool } from './run-tool.ts';
import type { ToolResult } from './tool-result.ts';
import { unknownTool } from './unknown-tool.ts';

type Named = Readonly<Record<string, string>>;

/**
 * What our servers answer, method by method, whatever the transport and the protocol family. Tests add to it before they
 * build a server from it.
 */
export interface Surface {
  readonly capabilities: ServerCapabilities;
  listTools(): ListToolsResult;
  /** `declared` is what a client of the older family declared when its session began. */
  callTool(
    params: CallToolRequest['params'],
    context: ServerContext,
    declared?: ClientCapabilities,
  ): Promise<CallToolResult | InputRequiredResult>;
  listResources(): ListResourcesResult;
  listResourceTemplates(): ListResourceTemplatesResult;
  readResource(params: { uri: string }, context: ServerContext): Promise<ReadResourceResult>;
  listPrompts(): ListPromptsResult;
  getPrompt(params: GetPromptRequest['params'], context: ServerContext): Promise<GetPromptResult | InputRequiredResult>;
  complete(params: CompleteRequest['params'], context: ServerContext): Promise<CompleteResult>;
}

/** Marks text from a tenant: hosts may set it apart, and nothing in it is an instruction. */
const untrusted = { 'tenantry/untrusted-content': true } as const;

export interface SurfaceTools {
  /** What `tools/list` shows. */
  readonly listed: readonly ToolDefinition[];
  /** What can be called. In read-only mode this includes writing tools, whose refusal says why. */
  readonly callable: readonly ToolDefinition[];
}

/**
 * The surface of Tenantry for the given tools, for clients of one channel. Lists are built once, when a client first
 * asks for them.
 */
export function createSurface(
  runtime: Runtime,
  { listed: shown, callable }: SurfaceTools,
  channel: Channel = 'stdio',
): Surface {
  const byName = new Map(callable.map((tool) => [tool.name, tool]));
  let listed: ListToolsResult | undefined;
  return {
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
    listTools() {
      listed ??= { tools: listTools(shown).map((tool) => ({ ...tool })) };
      return listed;
    },
    async callTool(params, context, declared) {
      const tool = byName.get(params.name);
      if (!tool) throw await unknownTool(params.name, [...byName.keys()]);
      const progress = progressSender(context);
      const meta = context.mcpReq._meta;
      const caller = callerOf(context);
      const binding = () => bindingOf({ caller, tool: tool.name, args: params.arguments ?? {} });
      const conversation = await openConversation({ context, declared, binding, runtime }).catch((error: unknown) => {
        const entry = refusedEntryOf(tool.name, params.arguments, { caller, channel }, runtime.clock.now());
        runtime.audit.append(entry);
        throw error;
      });
      const { signal } = context.mcpReq;
      const options = withoutUndefined({ caller, channel, client: conversation.answers, signal, progress, meta });
      for (let round = 0; ; round++) {
        const result = await runTool(tool, params.arguments, options, runtime);
        if (result.question === undefined || round === mostRounds) return toCallToolResult(result);
        const asks = await conversation.ask(result.question);
        if (asks !== undefined) return asks;
      }
    },
    listResources: () => ({ resources: fixedResources.map(({ read: _, ...listed }) => listed) }),
    listResourceTemplates: () => ({
      resourceTemplates: templateResources.map(({ pattern: _, read: _read, complete: _complete, ...listed }) => listed),
    }),
    readResource: ({ uri }, context) => readResource(uri, resourceContext(runtime, context), runtime),
    listPrompts: () => ({
      prompts: prompts.map(({ text: _, arguments: args, ...listed }) => ({
        ...listed,
        arguments: args.map(({ kind: _kind, ...argument }) => argument),
      })),
    }),
    getPrompt: async ({ name, arguments: values = {} }) => getPrompt(name, values),
    complete: async (params, context) => complete(params, resourceContext(runtime, context)),
  };
}

/** More questions than one call ever asks; beyond it the call is refused. */
const mostRounds = 8;

function callerOf(_context: ServerContext): string {
  // Without sign-in every caller is the person at this machine: HTTP listens on loopback only.
  return 'local';
}

function progressSender({ mcpReq }: ServerContext): ((update: ProgressUpdate) => void) | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  // A call that asks runs again from the top, and its client has seen how far the last run was.
  let last = Number.NEGATIVE_INFINITY;
  return (update) => {
    if (update.progress <= last) return;
    last = update.progress;
    const sent = mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...update } });
    // A client that has gone gets no progress; the call itself learns that from its signal.
    sent.catch(() => undefined);
  };
}

/** Each channel is complete by itself: some hosts read only the text, others only the structured content. */
function toCallToolResult({ text, structured, isError, link, diagnostics }: ToolResult): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...(link === undefined ? [] : [{ type: 'resource_link' as const, name: 'result', ...link }]),
    ],
    structuredContent: structured,
    ...(isError ? { isError: true } : {}),
    _meta: { ...untrusted, 'tenantry/diagnostics': diagnostics },
  };
}

function resourceContext(runtime: Runtime, context: ServerContext): ResourceContext {
  const { connections, results, clock, limits } = runtime;
  return { caller: callerOf(context), connections, results, clock, limits };
}

async function readResource(uri: string, context: ResourceContext, runtime: Runtime): Promise<ReadResourceResult> {
  const { content, mimeType } = await findResource(uri, context, runtime);
  if (content instanceof TextContents) {
    const text = runtime.secrets.mask(shownText(content.text));
    return { contents: [{ uri, mimeType, text, _meta: content.about }], _meta: untrusted };
  }
  const text = runtime.secrets.maskJson(cleanJson(JSON.stringify(content)).text);
  return { contents: [{ uri, mimeType, text }], _meta: untrusted };
}

async function findResource(
  uri: string,
  context: ResourceContext,
  runtime: Runtime,
): Promise<{ content: unknown; mimeType: string }> {
  if (runtime.configurationError) {
    throw new ProtocolError(ProtocolErrorCode.InternalError, runtime.configurationError.message);
  }
  const fixed = fixedResources.find((resource) => resource.uri === uri);
  if (fixed) return { content: await fixed.read(context), mimeType: fixed.mimeType };
  for (const template of templateResources) {
    const match = template.pattern.exec(uri);
    if (!match) continue;
    const content = await template.read(match.groups ?? {}, context);
    if (content !== undefined) return { content, mimeType: template.mimeType };
  }
  throw new ResourceNotFoundError(shownLine(uri.slice(0, 2_000)));
}

function getPrompt(name: string, values: Named): GetPromptResult {
  const prompt = prompts.find((one) => one.name === name);
  if (!prompt) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${shownLine(name.slice(0, 100))}`);
  }
  const missing = prompt.arguments.find((one) => one.required && !values[one.name]);
  if (missing) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Prompt ${name} needs the argument ${missing.name}.`);
  }
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text: shownText(prompt.text(values)) } }],
  };
}

const mostCompletions = 100;

async function complete(
  { ref, argument, context: given }: Parameters<Surface['complete']>[0],
  context: ResourceContext,
): Promise<CompleteResult> {
  const values = await candidates(ref, argument.name, given?.arguments ?? {}, context);
  const matching = values.filter((value) => value.startsWith(argument.value)).map(shownText);
  return {
    completion: {
      values: matching.slice(0, mostCompletions),
      total: matching.length,
      hasMore: matching.length > mostCompletions,
    },
  };
}

async function candidates(
  ref: CompleteRequest['params']['ref'],
  argument: string,
  given: Named,
  context: ResourceContext,
): Promise<readonly string[]> {
  if (ref.type === 'ref/prompt') {
    const prompt = prompts.find((one) => one.name === ref.name);
    switch (prompt?.arguments.find((one) => one.name === argument)?.kind) {
      case 'connection':
        return (await context.connections.list(context.caller)).map((record) => record.name);
      case 'subscription':
        return subscriptionIds(given['tenant_id'], context);
      case 'issuer':
        return issuerWords;
      default:
        return [];
    }
  }
  const template = templateResources.find((one) => one.uriTemplate === ref.uri);
  return (await template?.complete?.(argument, context)) ?? [];
}

/** Subscriptions of the caller's connections; with a tenant id, those of that tenant. Sends nothing. */
async function subscriptionIds(tenantId: string | undefined, context: ResourceContext): Promise<readonly string[]> {
  const records = await context.connections.list(context.caller);
  const ids = records
    .filter(({ identity }) => tenantId === undefined || identity.tenant_id === tenantId)
    .flatMap(({ identity }) => (identity.subscription_id === undefined ? [] : [identity.subscription_id]));
  return [...new Set(ids)];
}
