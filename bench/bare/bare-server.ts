import { Agent, get } from 'node:http';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

// The least server that the SDK allows, as its documentation shows it: the limit that the product is measured against.

function addEcho(server: McpServer, name: string): void {
  const inputSchema = z.object({ text: z.string() });
  server.registerTool(name, { description: 'Answers the text.', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
}

function addGet(server: McpServer, baseUrl: string, agent: Agent): void {
  const inputSchema = z.object({ path: z.string() });
  server.registerTool('get', { description: 'GETs a path.', inputSchema }, async ({ path }) => ({
    content: [{ type: 'text', text: JSON.stringify(await getJson(baseUrl + path, agent)) }],
  }));
}

function getJson(url: string, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve(JSON.parse(body)));
    }).on('error', reject);
  });
}

const [kind, argument = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

serveStdio(() => {
  const server = new McpServer({ name: 'bare', version: '1.0.0' });
  if (kind === 'get') {
    addGet(server, argument, agent);
  } else {
    for (let index = 0; index < Number(argument); index++) addEcho(server, `echo_${index}`);
  }
  return server;
});
