import { invalidArgument } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import type { ReadPasted } from '../define-tool.ts';
import { plusAsSpace } from './query-spaces.ts';
import { splitMethod, unwrap } from './unwrap.ts';

/** A field of a tool, or of the items of a list, that takes the address of a request. */
export interface AddressField {
  readonly field: string;
  /** The list that has the items; absent where the address is an argument of its own. */
  readonly itemsOf?: string;
  /** The address of the API that a link to one of its pages stands for; undefined for any other text. */
  readonly fromLink: (text: string) => string | undefined;
  /** Changes an address further; the same text where there is nothing to do. */
  readonly finish?: (address: string) => string;
  /** The tool for other methods than GET, where this one only reads and takes no method. */
  readonly writer?: string;
}

type Args = Readonly<Record<string, unknown>>;
type Note = Parameters<ReadPasted>[1];

/** Reads addresses as people paste them: with the method in front, from the page of a resource, with `+` for spaces. */
export function readsAddresses(field: AddressField): ReadPasted {
  const { itemsOf } = field;
  if (itemsOf === undefined) return (args, note) => readOne(args, field, '', note);
  return (args, note) => {
    const items = args[itemsOf];
    if (!Array.isArray(items)) return args;
    const read = items.map((item: unknown, index) =>
      isRecord(item) ? readOne(item, field, `${itemsOf}[${index}].`, note) : item,
    );
    return { ...args, [itemsOf]: read };
  };
}

/** One reader after the other. */
export function inTurn(...readers: readonly ReadPasted[]): ReadPasted {
  return (args, note) => readers.reduce((read, reader) => reader(read, note), args);
}

function readOne(args: Args, { field, fromLink, finish, writer }: AddressField, place: string, note: Note): Args {
  const given = args[field];
  if (typeof given !== 'string') return writer === undefined ? args : withoutGet(args, undefined, writer, place, note);
  const { method, address } = splitMethod(unwrap(given));
  const found = fromLink(address) ?? address;
  const plain = finish === undefined ? found : finish(found);
  const result = plusAsSpace(plain);
  if (plain !== given.trim()) note(`${field} was read as ${quoted(result.split('?', 1)[0], 500)}.`);
  if (result !== plain) note(`A + in the query of ${field} was read as a space; a literal one is %2B.`);
  const read = { ...args, [field]: result };
  return writer === undefined
    ? withMethod(read, method, `${place}${field}`)
    : withoutGet(read, method, writer, place, note);
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A tool that only reads has no method; that of a read may be there. */
function withoutGet(args: Args, inAddress: string | undefined, writer: string, place: string, note: Note): Args {
  const { method, ...rest } = args;
  const named = typeof method === 'string' ? methods.find((one) => one === method.trim().toUpperCase()) : undefined;
  const other = [named, inAddress].find((one) => one !== undefined && one !== 'GET');
  if (other !== undefined) {
    throw invalidArgument(`${place}method: this tool sends only GET.`, `For ${other} use ${writer}.`);
  }
  if (named === undefined) return args;
  note('method was left out: this tool sends only GET.');
  return rest;
}

function withMethod(args: Args, inAddress: string | undefined, place: string): Args {
  if (inAddress === undefined) return args;
  const { method } = args;
  if (method === undefined) return { ...args, method: inAddress };
  if (method === inAddress) return args;
  throw invalidArgument(
    `${place}: it begins with ${inAddress}, and method is another one.`,
    'Pass the address alone, and the method as method.',
  );
}
