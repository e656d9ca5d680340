import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import type { StdioServerOptions } from './stdio-session.ts';

/** What the least MCP server can do; bundled the same way as the product, so that only the product's own cost shows. */
export interface BareServers {
  /** `tools` trivial tools. */
  echo(tools: number): StdioServerOptions;
  /** `tools` trivial tools over HTTP; its address is the line that it writes to stderr. */
  http(kind: 'simple' | 'low-level', tools: number): StdioServerOptions;
  /** One tool that GETs the given address with keep-alive and answers the body. */
  get(baseUrl: string): StdioServerOptions;
}

export async function bundleBareServers(tempDir: string): Promise<BareServers> {
  const outDir = join(tempDir, 'bare');
  await build({
    config: false,
    entry: {
      bare: fileURLToPath(new URL('../bare/bare-server.ts', import.meta.url)),
      'bare-http': fileURLToPath(new URL('../bare/bare-http-server.ts', import.meta.url)),
    },
    outDir,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    dts: false,
    minify: false,
    sourcemap: false,
    logLevel: 'silent',
    deps: { alwaysBundle: [/.*/] },
  });
  const script = join(outDir, 'bare.mjs');
  return {
    http: (kind, tools) => ({ args: [join(outDir, 'bare-http.mjs'), kind, String(tools)] }),
    echo: (tools) => ({ args: [script, 'echo', String(tools)] }),
    get: (baseUrl) => ({ args: [script, 'get', baseUrl] }),
  };
}
