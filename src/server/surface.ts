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
import { checklistResource } from '../resources/connection-resources.ts';
import { type ResourceContext, TextContents } from '../resources/define-resource.ts';
import { listResources } from '../resources/listed-resources.ts';
import { prompts } from '../resources/prompts.ts';
import { fixedResources, templateResources } from '../resources/resources.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { openConversation } from './ask-client.ts';
import { refusedEntryOf } from './audit-call.ts';
import { callerOf } from './caller-of.ts';
import { complete } from './completion.ts';
import { getPrompt } from './get-prompt.ts';
import { learnPlaces } from './learn-places.ts';
import { listTools } from './list-tools.ts';
import { requireRights } from './required-rights.ts';
import { type ResourceChanges, resourceChanges } from './resource-changes.ts';
import { runTool } from './run-tool.ts';
import type { ToolResult } from './tool-result.ts';
import { unknownTool } from './unknown-tool.ts';

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
  listResources(context: ServerContext): Promise<ListResourcesResult>;
  listResourceTemplates(): ListResourceTemplatesResult;
  readResource(params: { uri: string }, context: ServerContext): Promise<ReadResourceResult>;
  listPrompts(): ListPromptsResult;
  getPrompt(params: GetPromptRequest['params'], context: ServerContext): Promise<GetPromptResult | InputRequiredResult>;
  complete(params: CompleteRequest['params'], context: ServerContext): Promise<CompleteResult>;
  /** What `resources` of the capabilities promises. */
  readonly changes: ResourceChanges;
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
  const changes = resourceChanges(runtime.connectionWatch);
  return {
    // Tools and prompts are the same for the life of a process, so nothing is told of them.
    capabilities: { tools: {}, resources: { listChanged: true, subscribe: true }, prompts: {}, completions: {} },
    changes,
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
      const binding = () => bindingOf({ caller: caller.id, tool: tool.name, args: params.arguments ?? {} });
      const conversation = await openConversation({ context, declared, binding, runtime }).catch((error: unknown) => {
        const entry = refusedEntryOf(tool.name, params.arguments, { caller, channel }, runtime.clock.now());
        runtime.audit.append(entry);
        throw error;
      });
      const { signal } = context.mcpReq;
      const options = withoutUndefined({ caller, channel, client: conversation.answers, signal, progress, meta });
      for (let round = 0; ; round++) {
        const result = await runTool(tool, params.arguments, options, runtime);
        if (result.question === undefined || round === mostRounds) {
          learnPlaces({ tool, input: params.arguments, result, caller }, runtime.places);
          // Its client need not wait for the next look to be told what it has changed itself.
          if (tool.toolset === 'connections') void runtime.connectionWatch.look();
          return toCallToolResult(result);
        }
        const asks = await conversation.ask(result.question);
        if (asks !== undefined) return asks;
      }
    },
    async listResources(context) {
      if (runtime.configurationError) return { resources: [] };
      await changes.begin();
      return { resources: [...(await listResources(resourceContext(runtime, context)))] };
    },
    listResourceTemplates: () => ({
      resourceTemplates: templateResources.map(
        ({ pattern: _, read: _read, variables: _variables, ...listed }) => listed,
      ),
    }),
    async readResource({ uri }, context) {
      if (changes.isWatched(uri)) await changes.begin();
      return readResource(uri, resourceContext(runtime, context), runtime);
    },
    listPrompts: () => ({
      prompts: prompts.map(({ steps: _, about: _about, arguments: args, ...listed }) => ({
        ...listed,
        arguments: args.map(({ kind: _kind, ...argument }) => argument),
      })),
    }),
    getPrompt: (params, context) =>
      getPrompt(params, (name) => readChecklist(name, resourceContext(runtime, context), runtime)),
    complete: async (params, context) => complete(params, resourceContext(runtime, context)),
  };
}

/** More questions than one call ever asks; beyond it the call is refused. */
const mostRounds = 8;

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
  const { connections, results, clock, places, licenseNames, limits } = runtime;
  const caller = callerOf(context);
  requireRights('reading', ['read'], caller);
  return { caller, connections, results, clock, places, licenseNames, limits };
}

async function readResource(uri: string, context: ResourceContext, runtime: Runtime): Promise<ReadResourceResult> {
  const { content, mimeType } = await findResource(uri, context, runtime);
  if (content instanceof TextContents) {
    const text = runtime.secrets.mask(shownText(content.text));
    return { contents: [{ uri, mimeType, text, _meta: content.about }], _meta: untrusted };
  }
  return { contents: [{ uri, mimeType, text: shownJson(content, runtime) }], _meta: untrusted };
}

function shownJson(content: unknown, { secrets }: Runtime): string {
  return secrets.maskJson(cleanJson(JSON.stringify(content)).text);
}

/** The checklist of a connection for a prompt; undefined where there is no such connection, or none can be read. */
async function readChecklist(name: string, context: ResourceContext, runtime: Runtime) {
  if (runtime.configurationError) return undefined;
  const content = await checklistResource.read({ name }, context).catch(() => undefined);
  if (content === undefined) return undefined;
  const uri = `tenantry://checklist/${name}`;
  return { uri, mimeType: checklistResource.mimeType, text: shownJson(content, runtime), _meta: untrusted };
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
