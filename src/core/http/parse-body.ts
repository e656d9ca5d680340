import { AppError } from '../base/errors.ts';
import { deepestLevel, parseExactJson, TooDeepError } from '../base/exact-json.ts';
import type { ApiResponse } from './api-client.ts';

interface BodyFacts {
  readonly status: number;
  readonly contentType: string;
  /** Ends with `$count`: the body is a bare number. */
  readonly wirePath: string;
}

type ParsedBody = Pick<ApiResponse, 'body' | 'json'>;

/**
 * Turns the bytes of an answer into a value. Services mark empty bodies as JSON, put a BOM
 * before numbers, and let gateways answer HTML; only broken JSON of a success is an error.
 */
export function parseBody(bytes: Buffer, facts: BodyFacts): ParsedBody {
  if (bytes.length === 0) return { body: undefined };
  const type = facts.contentType.toLowerCase();
  const isFailure = facts.status >= 400;
  if (type.includes('json') || (type === '' && looksLikeJson(bytes))) return parseJson(bytes, isFailure);
  if (type.includes('html')) {
    const text = decodeText(bytes, type);
    return { body: isFailure ? { title: htmlTitle(text) } : text };
  }
  if (type === '' || /^text\/|csv|xml|urlencoded|javascript/.test(type)) {
    const text = decodeText(bytes, type);
    return { body: facts.wirePath.endsWith('/$count') && /^\d{1,15}$/.test(text.trim()) ? Number(text) : text };
  }
  return { body: { contentType: facts.contentType, sizeBytes: bytes.length, base64: bytes.toString('base64') } };
}

function looksLikeJson(bytes: Buffer): boolean {
  return /^\s*[[{]/.test(bytes.toString('latin1', 0, 64));
}

function decodeText(bytes: Buffer, type: string): string {
  const label = /charset="?([\w-]+)/.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** Characters that need no escape may have one: who looks for a known secret in such bytes would miss it. */
const mayHideText = /\\[u/]/;

function parseJson(bytes: Buffer, isFailure: boolean): ParsedBody {
  const json = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const text = json.toString('utf8');
  if (text.trim() === '') return { body: undefined };
  try {
    const { value: body, isVerbatim } = parseExactJson(text);
    // Who reads the bytes must find the same as who reads the body.
    return isVerbatim && !mayHideText.test(text) ? { body, json } : { body };
  } catch (error) {
    if (isFailure) return { body: /^\s*</.test(text) ? { title: htmlTitle(text) } : undefined };
    throw error instanceof TooDeepError ? tooDeep() : notJson();
  }
}

function tooDeep(): AppError {
  return new AppError('upstream_error', `The answer is nested more than ${deepestLevel} levels deep.`, {
    hint: 'Ask for less of it: name the properties that you need in $select, or read the nested part by its own address.',
  });
}

/** The parser's own message quotes the body, so it is not kept as the cause. */
function notJson(): AppError {
  return new AppError('upstream_error', 'The answer is marked as JSON and is not valid JSON.', {
    hint: 'Repeat the call if it only reads; after a write, read the object to see whether it took effect.',
  });
}

/** Gateways answer with whole pages; the title says what they mean. Empty where there is none: nothing is quoted then. */
export function htmlTitle(html: string): string {
  const head = html.slice(0, 65_536);
  const title = /<title[^>]*>([^<]{1,300})/i.exec(head)?.[1] ?? /<h1[^>]*>([^<]{1,300})/i.exec(head)?.[1] ?? '';
  return title.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
}
