import { isRecord } from '../../core/base/guards.ts';
import type { ReadPasted } from '../define-tool.ts';

/** Options that are lists of names, which a service wants as one text. */
const listed = /^\$?(?:select|expand|orderby)$/i;

/** Reads `{"$select": ["id", "mail"]}` as `{"$select": "id,mail"}`. */
export const readListedOptions: ReadPasted = (args, note) => {
  const { params } = args;
  if (!isRecord(params) || !Object.values(params).some(Array.isArray)) return args;
  const read = Object.entries(params).map(([name, value]) => {
    const isNames = listed.test(name) && Array.isArray(value) && value.length > 0;
    if (!isNames || !value.every((one) => typeof one === 'string')) return [name, value];
    note('A list of names in params was read as one text with commas.');
    return [name, value.join(',')];
  });
  return { ...args, params: Object.fromEntries(read) };
};
