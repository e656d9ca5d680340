import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';
import { buildCatalog } from './graph-catalog/build-catalog.ts';

// Writes src/core/apis/graph/catalog/graph-catalog.generated.json. docs/graph-catalog.md says where the inputs come from:
//   node scripts/generate-graph-catalog.ts <folder of the inputs> <date of the inputs, e.g. 2026-08>
// The folder holds graph-permissions.json, graph-provisioning-info.json and graph-v1.0.csdl, each as it is or with .gz.

const [, , folder, date] = process.argv;
if (folder === undefined || date === undefined || !/^\d{4}-\d{2}(-\d{2})?$/.test(date)) {
  console.error('usage: node scripts/generate-graph-catalog.ts <folder> <yyyy-mm>');
  process.exit(2);
}

function readInput(name: string): string {
  const plain = join(folder ?? '', name);
  return existsSync(plain) ? readFileSync(plain, 'utf8') : gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
}

const catalog = buildCatalog({
  permissions: readInput('graph-permissions.json'),
  provisioning: readInput('graph-provisioning-info.json'),
  csdl: readInput('graph-v1.0.csdl'),
});
const text = JSON.stringify(catalog);
const packed = brotliCompressSync(text, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
  },
});
const source = `Microsoft Graph, ${date}: permissions and app roles of microsoftgraph/microsoft-graph-devx-content, types of v1.0 of microsoftgraph/msgraph-metadata (both MIT, facts only)`;
const target = fileURLToPath(new URL('../src/core/apis/graph/catalog/graph-catalog.generated.json', import.meta.url));
writeFileSync(
  target,
  `${JSON.stringify({ source, date, licence: 'MIT', packed: packed.toString('base64') }, null, 2)}\n`,
);
console.error(`wrote ${target}: ${packed.length} bytes packed, ${text.length} unpacked`);
for (const [part, lines] of Object.entries(catalog)) {
  console.error(`  ${part}: ${lines.split('\n').length} lines, ${brotliCompressSync(lines).length} bytes packed alone`);
}
