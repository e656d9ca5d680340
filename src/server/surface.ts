import type {
  CallToolResult,
  CompleteResult,
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
import type { ProgressUpdate } from '../core/base/call-context.ts';
import type { FixedResource, ResourceContext, TemplateResource } from '../resources/define-resource.ts';
import { issuerWords, type PromptDefinition, prompts } from '../resources/prompts.ts';
import { fixedResources, templateResources } from '../resources/resources.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { listTools } from './list-tools.ts';
import { runTool } from './run-tool.ts';
import { type ToolResult, withoutInvisible } from './tool-result.ts';

type Named = Readonly<Record<string, string>>;

/**
 * What a server of ours answers, method by method, without transport and without protocol family. Tests add to it
 * before a server is built from it.
 */
export interface Surface {
  readonly capabilities: ServerCapabilities;
  listTools(): ListToolsResult;
  callTool(
    params: { name: string; arguments?: unknown },
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult>;
  listResources(): ListResourcesResult;
  listResourceTemplates(): ListResourceTemplatesResult;
  readResource(params: { uri: string }, context: ServerContext): Promise<ReadResourceResult>;
  listPrompts(): ListPromptsResult;
  getPrompt(
    params: { name: string; arguments?: Named | undefined },
    context: ServerContext,
  ): Promise<GetPromptResult | InputRequiredResult>;
  complete(
    params: {
      ref: { type: string; name?: string; uri?: string };
      argument: { name: string; value: string };
      /** What was filled in before. */
      context?: { arguments?: Named | undefined } | undefined;
    },
    context: ServerContext,
  ): Promise<CompleteResult>;
}

/** Marks what a tenant has written: hosts may show it apart, and nothing in it is an instruction. */
const untrusted = { 'tenantry/untrusted-content': true } as const;

export interface SurfaceTools {
  /** What `tools/list` shows. */
  readonly listed: readonly ToolDefinition[];
  /** What can be called: the dispatcher says why a writing tool is refused in read-only mode. */
  readonly callable: readonly ToolDefinition[];
}

/** The surface of Tenantry for the given tools. Lists are made once, when they are first asked for. */
export function createSurface(runtime: Runtime, { listed: shown, callable }: SurfaceTools): Surface {
  const byName = new Map(callable.map((tool) => [tool.name, tool]));
  let listed: ListToolsResult | undefined;
  return {
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
    listTools() {
      listed ??= { tools: listTools(shown).map((tool) => ({ ...tool })) };
      return listed;
    },
    async callTool(params, context) {
      const tool = byName.get(params.name);
      if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name.slice(0, 100)}`);
      const progress = progressSender(context);
      const meta = context.mcpReq._meta;
      const result = await runTool(
        tool,
        params.arguments,
        {
          caller: callerOf(context),
          signal: context.mcpReq.signal,
          ...(progress ? { progress } : {}),
          ...(meta ? { meta } : {}),
        },
        runtime,
      );
      return toCallToolResult(result);
    },
    listResources: () => ({ resources: fixedResources.map(listedResource) }),
    listResourceTemplates: () => ({ resourceTemplates: templateResources.map(listedTemplate) }),
    readResource: ({ uri }, context) => readResource(uri, resourceContext(runtime, context), runtime),
    listPrompts: () => ({ prompts: prompts.map(listedPrompt) }),
    getPrompt: async ({ name, arguments: values = {} }) => getPrompt(name, values),
    complete: async (params, context) => complete(params, resourceContext(runtime, context)),
  };
}

function callerOf(_context: ServerContext): string {
  // Without sign-in every caller is the person at this machine; over HTTP the listener is on loopback only.
  return 'local';
}

function progressSender({ mcpReq }: ServerContext): ((update: ProgressUpdate) => void) | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (update) => {
    const sent = mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...update } });
    // A client that has gone does not hear of the progress; the call itself learns it from its signal.
    sent.catch(() => undefined);
  };
}

function toCallToolResult(result: ToolResult): CallToolResult {
  const link = result.resultUri;
  return {
    content: [
      { type: 'text', text: result.text },
      ...(link === undefined
        ? []
        : [{ type: 'resource_link' as const, uri: link, name: 'result', mimeType: 'application/json' }]),
    ],
    structuredContent: result.structured,
    ...(result.isError ? { isError: true } : {}),
    _meta: untrusted,
  };
}

function resourceContext(runtime: Runtime, context: ServerContext): ResourceContext {
  const { connections, results, clock, limits } = runtime;
  return { caller: callerOf(context), connections, results, clock, limits };
}

async function readResource(uri: string, context: ResourceContext, runtime: Runtime): Promise<ReadResourceResult> {
  const { content, mimeType } = await findResource(uri, context, runtime);
  const text = runtime.secrets.maskJson(withoutInvisible(JSON.stringify(content)));
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
  throw new ResourceNotFoundError(uri);
}

function listedResource({ uri, name, title, description, mimeType }: FixedResource) {
  return { uri, name, title, description, mimeType };
}

function listedTemplate({ uriTemplate, name, title, description, mimeType }: TemplateResource) {
  return { uriTemplate, name, title, description, mimeType };
}

function listedPrompt({ name, title, description, arguments: args }: PromptDefinition) {
  return {
    name,
    title,
    description,
    arguments: args.map((one) => ({ name: one.name, description: one.description, required: one.required })),
  };
}

function getPrompt(name: string, values: Named): GetPromptResult {
  const prompt = prompts.find((one) => one.name === name);
  if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${name.slice(0, 100)}`);
  const missing = prompt.arguments.find((one) => one.required && !values[one.name]);
  if (missing) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Prompt ${name} needs the argument ${missing.name}.`);
  }
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text: prompt.text(values) } }],
  };
}

const mostCompletions = 100;

async function complete(
  { ref, argument, context: given }: Parameters<Surface['complete']>[0],
  context: ResourceContext,
): Promise<CompleteResult> {
  const values = await candidates(ref, argument.name, given?.arguments ?? {}, context);
  const matching = values.filter((value) => value.startsWith(argument.value));
  return {
    completion: {
      values: matching.slice(0, mostCompletions),
      total: matching.length,
      hasMore: matching.length > mostCompletions,
    },
  };
}

async function candidates(
  ref: { type: string; name?: string; uri?: string },
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

/** Subscriptions that the caller's connections know, of one tenant when that is given. Sends nothing. */
async function subscriptionIds(tenantId: string | undefined, context: ResourceContext): Promise<readonly string[]> {
  const records = await context.connections.list(context.caller);
  const ids = records
    .filter(({ identity }) => tenantId === undefined || identity.tenant_id === tenantId)
    .flatMap(({ identity }) => (identity.subscription_id === undefined ? [] : [identity.subscription_id]));
  return [...new Set(ids)];
}
