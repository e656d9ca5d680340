import { type CacheHint, Server, type ServerOptions } from '@modelcontextprotocol/server';
import { instructions } from './instructions.ts';
import type { Surface } from './surface.ts';
import { version } from './version.ts';

const serverInfo = { name: 'tenantry', title: 'Tenantry', version };

/** Lists depend on how the process was started and on nothing else, so anybody may keep them for a while. */
const sameForAll: CacheHint = { ttlMs: 3_600_000, cacheScope: 'public' };

const cacheHints: NonNullable<ServerOptions['cacheHints']> = {
  'tools/list': sameForAll,
  'prompts/list': sameForAll,
  'resources/list': sameForAll,
  'resources/templates/list': sameForAll,
  'server/discover': sameForAll,
};

/** What a test may set on the way; everything else is the same for every server. */
export type ServerExtras = Pick<ServerOptions, 'requestState'> & { readonly register?: (server: Server) => void };

/**
 * A protocol-level server for one stdio connection or one HTTP request. Cheap: the lists belong to the surface, which
 * lives as long as the process.
 */
export function buildServer(surface: Surface, extras: ServerExtras = {}): Server {
  const { register, ...options } = extras;
  const server = new Server(serverInfo, { capabilities: surface.capabilities, instructions, cacheHints, ...options });
  server.setRequestHandler('tools/list', () => surface.listTools());
  server.setRequestHandler('tools/call', (request, context) => surface.callTool(request.params, context));
  server.setRequestHandler('resources/list', () => surface.listResources());
  server.setRequestHandler('resources/templates/list', () => surface.listResourceTemplates());
  server.setRequestHandler('resources/read', (request, context) => surface.readResource(request.params, context));
  server.setRequestHandler('prompts/list', () => surface.listPrompts());
  server.setRequestHandler('prompts/get', (request, context) => surface.getPrompt(request.params, context));
  server.setRequestHandler('completion/complete', (request, context) => surface.complete(request.params, context));
  register?.(server);
  return server;
}
