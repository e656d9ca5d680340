import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { z } from 'zod';

/** What Microsoft's public table knows about products and service plans, beyond what a tenant tells about its own. */
export interface LicenseNames {
  /** All products, each with its display names, the usual one first. */
  products(): readonly { readonly partNumber: string; readonly titles: readonly string[] }[];
  /** All display names of a product, the usual one first; empty when the table does not know it. */
  productTitles(skuId: string): readonly string[];
  productPartNumber(skuId: string): string | undefined;
  /** Products whose part number or one of whose display names is `text`, ignoring case, spaces and punctuation. */
  findProducts(text: string): readonly string[];
  /** Friendly name of a service plan; undefined when the table does not know it. */
  planTitle(servicePlanId: string): string | undefined;
  planName(servicePlanId: string): string | undefined;
}

const row = z.tuple([z.string(), z.string()], z.string());
const tableSchema = z.object({ skus: z.array(row), plans: z.array(row) });

/** Unpacks the names that are built in. Takes a few milliseconds, so only the tools that need names call it. */
export async function loadLicenseNames(): Promise<LicenseNames> {
  const { packedLicenseNames } = await import('./packed-license-names.ts');
  const bytes = await promisify(brotliDecompress)(Buffer.from(packedLicenseNames, 'base64'));
  const { skus, plans } = tableSchema.parse(JSON.parse(bytes.toString('utf8')));
  const products = new Map(skus.map(([id, ...names]) => [id, names]));
  const servicePlans = new Map(plans.map(([id, ...names]) => [id, names]));
  return {
    products: () => skus.map(([, partNumber, ...titles]) => ({ partNumber, titles })),
    productTitles: (skuId) => products.get(skuId.toLowerCase())?.slice(1) ?? [],
    productPartNumber: (skuId) => products.get(skuId.toLowerCase())?.[0],
    findProducts: (text) => {
      const wanted = comparable(text);
      return skus.filter(([, ...names]) => names.some((name) => comparable(name) === wanted)).map(([id]) => id);
    },
    planTitle: (servicePlanId) => servicePlans.get(servicePlanId.toLowerCase())?.[1],
    planName: (servicePlanId) => servicePlans.get(servicePlanId.toLowerCase())?.[0],
  };
}

/** People write "Exchange Online Plan 1" for "Exchange Online (Plan 1)" and "spe e5" for "SPE_E5". */
export function comparable(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}+]+/gu, '');
}
