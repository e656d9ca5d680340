import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Document, LineCounter } from 'yaml';
import type { z } from 'zod';
import { AppError } from '../../core/base/errors.ts';
import { expectation, forbiddenCharacter } from '../../core/base/explain-issues.ts';
import { explainFileError } from '../../core/base/file-error.ts';
import { isRecord } from '../../core/base/guards.ts';
import { nearest } from '../../core/base/nearest.ts';
import { type Guard, inspectFoldersAbove, inspectPath } from '../../core/base/private-paths.ts';
import { fieldsOf, schemaAt } from '../../core/base/schema-shape.ts';
import { decodeText, readBounded, UnreadableText } from '../../core/base/text-file.ts';
import { placeAt } from '../../core/base/text-position.ts';
import { type ConfigFile, configFileSchema } from './config-schema.ts';

const aFolder = 'it is a folder, not a file';
/** More than any real configuration needs; keeps a wrong path from being read into memory. */
const maxFileBytes = 1_000_000;

/** Reads and checks a configuration file; throws `configuration` when it is broken or others may write it. */
export async function readConfigFile(file: string, guard: Guard = () => undefined): Promise<ConfigFile> {
  const text = await readText(file, guard);
  const { LineCounter: Lines, parseDocument } = await import('yaml');
  const lines = new Lines();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const [syntaxError] = [...document.errors, ...document.warnings];
  if (syntaxError !== undefined) {
    const [start] = syntaxError.pos;
    throw broken(file, lines.linePos(start), syntaxErrorText(syntaxError.code, text.slice(start)), 'Correct the YAML.');
  }
  const parsed = configFileSchema.safeParse(withoutEmptySections(resolvedValue(document, file)));
  if (!parsed.success) throw schemaError(file, document, lines, parsed.error);
  return parsed.data;
}

/** The document with its anchors and merges resolved. */
function resolvedValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    // Of an alias; the parser's message would quote its name.
    const reason = 'an alias (*name) has no anchor (&name) before it, or all of them together are too many';
    throw broken(file, undefined, reason, 'Correct the aliases, or write the values out.');
  }
}

/** A section whose lines are all commented out is none: `connections:` alone. */
function withoutEmptySections(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptySections);
  if (!isRecord(value)) return value;
  const sections = Object.entries(value).filter(([, section]) => section !== null);
  return Object.fromEntries(sections.map(([key, section]) => [key, withoutEmptySections(section)]));
}

async function readText(file: string, guard: Guard): Promise<string> {
  try {
    guard(inspectFoldersAbove(file, 'configuration file'));
    // Opened once and then looked at: what is checked is what is read. A pipe or a device would never end.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      if (!found.isFile() || found.size > maxFileBytes) {
        const reason = found.isFile() ? 'it is larger than 1 MB' : found.isDirectory() ? aFolder : 'it is not a file';
        throw broken(file, undefined, reason, 'Name the right file with --config.');
      }
      guard(inspectPath({ path: file, noun: 'configuration file' }, found));
      return decodeText(await readBounded(handle, maxFileBytes));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof UnreadableText) throw broken(file, undefined, error.message, 'Save the file as UTF-8.');
    const hint = 'Check its path and permissions.';
    throw broken(file, undefined, `it cannot be read: ${explainFileError(error)}`, hint);
  }
}

/** Our own words: the parser's messages quote the line, which may hold something private. */
function syntaxErrorText(code: string, rest: string): string {
  // Keys are names of ours or of connections; a value would not be shown.
  const [key] = /^["']?[\w.-]{1,60}/.exec(rest) ?? [];
  if (code === 'DUPLICATE_KEY' && key !== undefined) return `the key ${key.replace(/^["']/, '')} stands here twice`;
  if (code === 'TAB_AS_INDENT') return 'a tab indents the line, and YAML takes spaces only';
  return `it is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}

function schemaError(file: string, document: Document, lines: LineCounter, error: z.ZodError): AppError {
  const issue = error.issues[0];
  if (issue === undefined) return broken(file, undefined, 'it is not valid', 'Compare it with docs/configuration.md.');
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return unknownKey(file, placeOf(document, lines, [...path, issue.keys[0] ?? '']), path, issue.keys[0] ?? '');
  }
  const where = path.length === 0 ? 'the file' : pathText(path);
  return broken(
    file,
    placeOf(document, lines, path),
    `${where}: ${problemOf(issue)}${forbiddenCharacter(issue, document.getIn(path))}`,
    'Correct the value.',
  );
}

/** Messages of our own schemas say what is valid; those of the library are reworded. */
function problemOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'it is missing' : `use ${kindInWords(issue.expected)}`;
    case 'invalid_value':
      return `use ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_key':
      return `use ${expectation(issue)}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string' ? 'it is empty' : `use ${expectation(issue)}`;
    case 'invalid_format':
      return `use ${expectation(issue)}`;
    case 'too_big':
      return `use ${expectation(issue)}`;
    default:
      return issue.message;
  }
}

function kindInWords(kind: string): string {
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    int: 'a whole number',
    object: 'keys with values',
    record: 'keys with values',
    string: 'text, in quotes where it looks like a number',
  };
  return words[kind] ?? `a ${kind}`;
}

function unknownKey(file: string, at: Place | undefined, path: readonly (string | number)[], key: string): AppError {
  const valid = Object.keys(fieldsOf(schemaAt(configFileSchema, path) ?? configFileSchema) ?? {});
  const shown = JSON.stringify(key.slice(0, 60));
  const meant = nearest(key, valid);
  const place = path.length === 0 ? '' : ` in ${pathText(path)}`;
  return broken(
    file,
    at,
    `unknown key ${shown}${place}`,
    `${meant === undefined ? '' : `Did you mean ${meant}? `}Valid keys here: ${valid.join(', ')}.`,
  );
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

/** Where the value at `path` is, or the nearest part around it that is in the file. */
function placeOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): Place | undefined {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset);
  }
  return undefined;
}

function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  for (const item of itemsOf(parent)) {
    const key = member(item, 'key');
    if (key !== undefined && String(member(key, 'value') ?? '') === String(last)) return startOf(key);
  }
  return startOf(document.getIn(path, true));
}

function itemsOf(node: unknown): readonly unknown[] {
  const items = member(node, 'items');
  return Array.isArray(items) ? items : [];
}

function startOf(node: unknown): number | undefined {
  const range = member(node, 'range');
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

/** A property of a document node, whose type the parser leaves open. */
function member(node: unknown, name: string): unknown {
  return isRecord(node) ? node[name] : undefined;
}

/** Line and column, both from 1. */
interface Place {
  readonly line: number;
  readonly col: number;
}

function broken(file: string, at: Place | undefined, reason: string, hint: string): AppError {
  const place = at === undefined ? file : `${file}, ${placeAt(at.line, at.col)}`;
  return new AppError('configuration', `The configuration is broken: ${place}: ${reason}.`, {
    hint,
    detail: { file, ...(at === undefined ? {} : { line: at.line, column: at.col }) },
  });
}
