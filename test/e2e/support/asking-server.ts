import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { buildServer } from '../../../src/server/build-server.ts';
import { tokenGate } from '../../../src/server/http/gate.ts';
import { startHttp } from '../../../src/server/http/start-http.ts';
import { startStdio } from '../../../src/server/stdio.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { additive, defineTool, destructive, type ToolDefinition } from '../../../src/tools/define-tool.ts';
import { confirm } from '../../../src/tools/params.ts';

// The product's own serving stack with tools that ask before they do something: they write a line into a file.

const [transport, home] = process.argv.slice(2);
if (home === undefined) throw new Error('Usage: asking-server.ts stdio|http <home>');

const input = z.strictObject({
  grade: z.enum(['careful', 'authority']),
  /** What is done, one question each. */
  actions: z.array(z.string()),
  confirm,
});

function asks(name: string, annotations: ToolDefinition['annotations']) {
  return defineTool({
    name,
    title: name,
    description: 'Asks, then does it.',
    toolset: 'graph',
    permissions: [],
    annotations,
    bindsConnection: false,
    input,
    async run({ grade, actions }, { call }) {
      for (const action of actions) {
        await call.authority.requireYes({
          grade,
          summary: `Do \`${action}\``,
          details: [`POST /${action}`],
          connection: 'lab',
        });
      }
      await appendFile(join(String(home), 'done.txt'), `${actions.join('+')}\n`);
      return { status: 200, data: { done: actions } };
    },
  });
}

const opensPage = defineTool({
  name: 'opens_page',
  title: 'opens_page',
  description: 'Shows a page.',
  toolset: 'graph',
  permissions: [],
  annotations: additive,
  bindsConnection: false,
  input: z.strictObject({}),
  async run(_, { call }) {
    const shown = await call.authority.showPage({ url: 'http://127.0.0.1:9/secret', message: 'Type the secret.' });
    return { status: 200, data: { shown } };
  },
});

const { config } = await loadConfig({ flags: { home }, environment: (name) => process.env[name] });
const runtime = createRuntime({ config, version: '0' });
const tools = [asks('destroys', destructive), asks('adds', additive), opensPage];
const surface = createSurface(runtime, { listed: tools, callable: tools }, transport === 'http' ? 'http' : 'stdio');
const onError = () => undefined;
if (transport === 'http') {
  const [token, tokenPath] = ['token-of-the-asking-server', join(home, 'http-token')];
  const server = await startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock: runtime.clock,
    place: { port: 0 },
    gate: tokenGate(token, tokenPath),
    onError,
  });
  await writeFile(tokenPath, token, { mode: 0o600 });
  process.stderr.write(`${server.url} wants the token in ${tokenPath}\n`);
} else {
  await startStdio(surface, onError).closed;
  await runtime.close();
  process.exit(0);
}
