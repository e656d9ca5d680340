import { resolve } from 'node:path';
import { Option } from 'commander';
import { isRecord, textOf } from '../core/base/guards.ts';
import { fieldsOf, wantedValue } from '../core/base/schema-shape.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { listTools } from '../server/list-tools.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { UsageError } from './exit-codes.ts';

type Flags = Readonly<Record<string, unknown>>;

/** One argument of a tool as flags, and its value from what was given. */
interface ArgumentFlags {
  readonly name: string;
  readonly options: readonly Option[];
  read(flags: Flags): unknown;
}

/** The arguments of a tool as flags of a command. */
export interface ToolFlags {
  readonly options: readonly Option[];
  /** The arguments that the given flags stand for. */
  read(flags: Flags): Record<string, unknown>;
}

export interface ToolFlagsOptions {
  /** The argument that the command takes without a flag. */
  readonly positional: string;
  /** Only these arguments; default all. */
  readonly only?: readonly string[] | undefined;
  /** Shown after a mistake. */
  readonly example: string;
  /** Descriptions of arguments that have none in the schema, or one that makes sense only there. */
  readonly words?: Readonly<Record<string, string>> | undefined;
}

/** Builds the flags from the tool's own input schema: names with dashes, its descriptions, the values that it takes. */
export function toolFlags(
  tool: ToolDefinition,
  { positional, only, example, words = {} }: ToolFlagsOptions,
): ToolFlags {
  const [listed] = listTools([tool]);
  const properties = isRecord(listed?.inputSchema['properties']) ? listed.inputSchema['properties'] : {};
  const isLeftOut = (name: string, schema: unknown) =>
    name === positional ||
    // The person at the terminal is asked instead.
    name === 'confirm' ||
    only?.includes(name) === false ||
    (isRecord(schema) && Array.isArray(schema['enum']) && schema['enum'].length === 1);
  const secrets = secretArgumentsOf(tool);
  const all = Object.entries(properties).flatMap(([name, schema]) => {
    // An argument with a single possible value needs no flag.
    if (isLeftOut(name, schema) || !isRecord(schema)) return [];
    if (secrets.has(name)) return [secretFlags(name, words[name] ?? inWords(name), example)];
    return [flagsOf(name, { ...schema, ...withoutUndefined({ description: words[name] }) })];
  });
  return {
    options: all.flatMap(({ options }) => options),
    read: (flags) => withoutUndefined(Object.fromEntries(all.map(({ name, read }) => [name, read(flags)]))),
  };
}

/** The arguments that are text or a reference: only secrets are, among those of connections. */
function secretArgumentsOf({ input }: ToolDefinition): ReadonlySet<string> {
  const fields = Object.entries(fieldsOf(input) ?? {});
  return new Set(fields.flatMap(([name, schema]) => (wantedValue(schema).kind === 'other' ? [name] : [])));
}

function flagsOf(name: string, schema: Flags): ArgumentFlags {
  switch (schema['type']) {
    case 'boolean':
      return oneFlag(name, '', describe(name, schema), (value) => value);
    case 'array':
      return oneFlag(name, ' <names>', describe(name, schema), (text) => text.split(','));
    case 'object':
      return oneFlag(name, ' <json>', describe(name, schema), (text) => parseJson(name, text));
    default:
      return oneFlag(name, ' <value>', describe(name, schema), (text) => text);
  }
}

function oneFlag(name: string, value: string, description: string, parse: (given: string) => unknown): ArgumentFlags {
  const option = new Option(`--${dashed(name)}${value}`, description);
  return { name, options: [option], read: (flags) => parsed(flags, option, parse) };
}

/** Takes only the location of a secret: every user of the machine could see a secret on the command line. */
function secretFlags(name: string, words: string, example: string): ArgumentFlags {
  const [flag, what] = [`--${dashed(name)}`, inWords(name)];
  const source = new Option(`${flag} <source>`, `${words}: secret:NAME, env:NAME, file:PATH, prompt or previous`);
  const env = new Option(`${flag}-env <variable>`, `environment variable that holds the ${what}`);
  const file = new Option(`${flag}-file <path>`, `file that holds the ${what}`);
  return {
    name,
    options: [source, env, file],
    read(flags) {
      const given = [source, env, file].filter((option) => flags[option.attributeName()] !== undefined);
      if (given.length > 1) {
        throw new UsageError(`${given.map(({ long }) => long).join(' and ')} cannot be combined.`, example);
      }
      return (
        parsed(flags, source, (text) => parseSource(flag, text, example)) ??
        parsed(flags, env, (text) => ({ env: text })) ??
        parsed(flags, file, (text) => ({ file: fileOf(text) }))
      );
    },
  };
}

function parsed(flags: Flags, option: Option, parse: (given: string) => unknown): unknown {
  const given = flags[option.attributeName()];
  // A flag without a value is either there or not.
  return typeof given === 'string' ? parse(given) : given;
}

/** At the terminal, a path is meant from the current folder. */
function fileOf(path: string): string {
  return path.startsWith('~/') ? path : resolve(path);
}

function parseSource(flag: string, text: string, example: string): Readonly<Record<string, string | true>> {
  if (text === 'prompt' || text === 'previous') return { [text]: true };
  const [, kind, value] = /^(secret|env|file):(.+)$/s.exec(text) ?? [];
  if (kind === undefined || value === undefined) {
    throw new UsageError(`${flag} must be secret:NAME, env:NAME, file:PATH, prompt or previous.`, example);
  }
  return { [kind]: kind === 'file' ? fileOf(value) : value };
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--${dashed(name)} is not JSON.`, `--${dashed(name)} '{"max_concurrent_requests":8}'`);
  }
}

/** What the schema says, or else the name in words, and the values that it takes. */
function describe(name: string, schema: Flags): string {
  const said = textOf(schema['description']);
  const items = isRecord(schema['items']) ? schema['items'] : schema;
  const isAbout = /^(?:E\.g\.|Default) /.test(said);
  const sentences = [
    isAbout ? `${inWords(name)}, ${said.charAt(0).toLowerCase()}${said.slice(1)}` : said || inWords(name),
    ...(Array.isArray(items['enum']) ? [`One of ${items['enum'].join(', ')}.`] : []),
    ...(schema['type'] === 'array' ? ['Separated by commas.'] : []),
  ];
  const text = sentences.join(' ');
  return sentences.length > 1 ? text : text.replace(/\.$/, '');
}

function dashed(name: string): string {
  return name.replaceAll('_', '-');
}

function inWords(name: string): string {
  return name.replaceAll('_', ' ');
}
