import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';

/**
 * One bundled ESM file per entry. Libraries are bundled too: from `node_modules` the same start-up costs twice the time
 * (see docs/architecture.md). What is only needed by a call stays in chunks that are loaded by dynamic `import()`.
 */
export default defineConfig({
  entry: { cli: 'src/cli.ts', index: 'src/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node22',
  outDir: 'dist',
  // The package is ESM already: its files end in .js, as package.json says.
  fixedExtension: false,
  clean: true,
  // What the one-time pages load in the browser.
  copy: ['src/pages/assets'],
  dts: false,
  minify: false,
  sourcemap: false,
  logLevel: 'warn',
  // Its main file is written for old loaders, which a bundler cannot follow.
  alias: { 'jsonc-parser': fileURLToPath(import.meta.resolve('jsonc-parser/lib/esm/main.js')) },
  deps: { alwaysBundle: [/.*/], neverBundle: [/^@napi-rs\//], onlyBundle: false },
  // What every start loads stands in one file: thirty small ones cost a twentieth of the time until the tools are listed.
  outputOptions: {
    codeSplitting: {
      groups: [
        {
          name: 'tools',
          test: /src[\\/](?:tools[\\/]|runtime[\\/](?:create-runtime|load-parts|runtime-base)|server[\\/]run-tool)/,
        },
      ],
    },
  },
  // Bottleneck reaches its optional Redis clients by a direct eval that bundlers warn about; that path is never taken. And
  // what one place loads when it needs it may be in that file because another one needs it at the start.
  inputOptions: { checks: { eval: false, ineffectiveDynamicImport: false } },
});
