import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';

// The least HTTP server that the SDK allows: the limit that the product is measured against. `simple` is as the SDK's
// documentation shows it, a server with its tools for every request; `low-level` has its list made once and nothing more.

const [kind, count] = process.argv.slice(2);
const description = 'Answers the text.';
const echo = ({ text }: { readonly text: string }) => ({ content: [{ type: 'text' as const, text }] });

function simpleServer(): McpServer {
  const server = new McpServer({ name: 'bare', version: '1.0.0' });
  for (let index = 0; index < Number(count); index++) {
    server.registerTool(`echo_${index}`, { description, inputSchema: z.object({ text: z.string() }) }, echo);
  }
  return server;
}

const inputSchema = { type: 'object' as const, properties: { text: { type: 'string' } }, required: ['text'] };
const tools = Array.from({ length: Number(count) }, (_, index) => ({
  name: `echo_${index}`,
  description,
  inputSchema,
}));

function lowLevelServer(): Server {
  const server = new Server({ name: 'bare', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools }));
  server.setRequestHandler('tools/call', ({ params }) => echo({ text: String(params.arguments?.['text']) }));
  return server;
}

const handle = toNodeHandler(createMcpHandler(kind === 'simple' ? simpleServer : lowLevelServer));
const listener = createServer((request, response) => {
  // The same object: only the SDK's type lacks `undefined` where Node's has it.
  handle(request as Parameters<typeof handle>[0], response).catch(() => response.destroy());
});
listener.listen(0, '127.0.0.1', () => {
  const { port } = listener.address() as AddressInfo; // listening on TCP
  process.stderr.write(`http://127.0.0.1:${port}/mcp\n`);
});
