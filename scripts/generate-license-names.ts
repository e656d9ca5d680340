import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';

// Writes src/core/licensing/license-names.generated.json from Microsoft's table "Product names and service plan identifiers
// for licensing" (https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference):
//   node scripts/generate-license-names.ts <table.csv or table.csv.gz> <date of the table, e.g. 2026-08>

const [, , path, date] = process.argv;
if (path === undefined || date === undefined || !/^\d{4}-\d{2}(-\d{2})?$/.test(date)) {
  console.error('usage: node scripts/generate-license-names.ts <table.csv[.gz]> <yyyy-mm>');
  process.exit(2);
}

/** One record of a CSV text; quotes may hold commas, quotes and line breaks. */
function* csvRows(text: string): Generator<string[]> {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error(`The table is not CSV near character ${field.lastIndex}.`);
    row.push(clean(match[1]?.replaceAll('""', '"') ?? match[2] ?? ''));
    if (match[3] !== ',') {
      yield row;
      row = [];
    }
  }
}

/** The table has stray no-break spaces, doubled spaces and byte order marks. */
function clean(text: string): string {
  return text.replaceAll(/[\s\u00a0\ufeff]+/g, ' ').trim();
}

class Tally {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    if (text !== '') this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  /** Most frequent first; a name in capitals only is the last choice. */
  ranked(): string[] {
    const isShouted = (text: string) => (text === text.toUpperCase() ? 1 : 0);
    return [...this.#counts]
      .sort(([a, countA], [b, countB]) => isShouted(a) - isShouted(b) || countB - countA || (a < b ? -1 : 1))
      .map(([text]) => text);
  }
}

class Names {
  readonly #byId = new Map<string, { names: Tally; titles: Tally }>();

  add(id: string, name: string, title: string): void {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new Error(`Not a GUID: ${id}`);
    const entry = this.#byId.get(id) ?? { names: new Tally(), titles: new Tally() };
    entry.names.add(name);
    entry.titles.add(title);
    this.#byId.set(id, entry);
  }

  /** `[id, name, title, other titles…]`, by name: neighbours share text, which compresses better. */
  rows(): string[][] {
    const rows = [...this.#byId].map(([id, { names, titles }]) => {
      // "NAME OTHER_NAME" and "NAME)" are slips of the table; a real name is one word.
      const name = names.ranked().toSorted((a, b) => a.split(/[ )]/).length - b.split(/[ )]/).length)[0] ?? '';
      const ranked = titles.ranked();
      const firstOf = (title: string) => ranked.find((other) => other.toLowerCase() === title.toLowerCase());
      return [id, name, ...ranked.filter((title) => firstOf(title) === title)];
    });
    return rows.toSorted((a, b) => ((a[1] ?? '') < (b[1] ?? '') ? -1 : 1));
  }
}

const bytes = readFileSync(path);
const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
const skus = new Names();
const plans = new Names();
const [header, ...rows] = csvRows(text);
const wanted =
  'Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names';
if (header?.join(',') !== wanted) throw new Error(`Expected the columns ${wanted}`);
for (const [title = '', partNumber = '', skuId = '', planName = '', planId = '', planTitle = ''] of rows) {
  skus.add(skuId.toLowerCase(), partNumber, title);
  plans.add(planId.toLowerCase(), planName, planTitle);
}

const table = JSON.stringify({ skus: skus.rows(), plans: plans.rows().map((row) => row.slice(0, 3)) });
const packed = brotliCompressSync(table, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 20 },
});
const source = `Microsoft, "Product names and service plan identifiers for licensing", ${date}: ${skus.rows().length} products, ${plans.rows().length} service plans`;
const target = fileURLToPath(new URL('../src/core/licensing/license-names.generated.json', import.meta.url));
writeFileSync(target, `${JSON.stringify({ source, packed: packed.toString('base64') }, null, 2)}\n`);
console.error(`wrote ${target}: ${packed.length} bytes packed, ${table.length} unpacked`);
