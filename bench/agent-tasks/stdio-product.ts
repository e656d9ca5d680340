import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Product } from './run-task.ts';
import type { Stage } from './stage.ts';

/** The built command line in a process of its own, behind the client of the MCP SDK. */
export async function startOverStdio(cli: string, { home }: Stage): Promise<Product & { listing(): Promise<string> }> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TENANTRY_HOME: home, TENANTRY_LOG_LEVEL: 'error' };
  const args = [cli, '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'inherit' }));
  return {
    async call(name, args) {
      const { isError = false, content } = await client.callTool({ name, arguments: { ...args } });
      const texts = content.map((part) => (part.type === 'text' ? part.text : ''));
      return { isError, text: texts.join('') };
    },
    async listing() {
      const { tools } = await client.listTools();
      return JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })));
    },
    close: () => client.close(),
  };
}
