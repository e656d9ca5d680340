import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Submission } from './page-host.ts';

/** A certificate with a long chain, written as JSON. */
const mostBodyBytes = 256 * 1024;
/** A code, a name, a few ids. */
const mostPlainBytes = 16 * 1024;

const bodySchema = z.strictObject({ token: z.string().max(100), values: z.record(z.string().max(100), z.string()) });

/** The form of a page that a script sends; undefined for anything else. */
export async function readPageForm(
  request: IncomingMessage,
): Promise<{ readonly token: string; readonly values: Submission } | undefined> {
  const text = await readText(request, mostBodyBytes);
  if (text === undefined) return undefined;
  try {
    return bodySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The fields of a form that the browser sends by itself; undefined where there is too much. */
export async function readPlainForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const text = await readText(request, mostPlainBytes);
  return text === undefined ? undefined : new URLSearchParams(text);
}

async function readText(request: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Compares in the same time however much is right. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
