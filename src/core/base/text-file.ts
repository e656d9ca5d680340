import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { explainFileError } from './file-error.ts';

/** Why a file is no text that can be read: the end of a sentence that names it. */
export class UnreadableText extends Error {
  override readonly name = 'UnreadableText';
}

/** Decoders by the byte order mark that a text begins with. */
const marks = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  // UTF-32 begins like UTF-16, so it comes first.
  { bytes: [0xff, 0xfe, 0x00, 0x00], encoding: undefined },
  { bytes: [0x00, 0x00, 0xfe, 0xff], encoding: undefined },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

/**
 * Text as editors and shells write it: UTF-8 with or without a byte order mark, or UTF-16 with one (Notepad, and `>` of
 * Windows PowerShell). Anything else throws `UnreadableText`, which names what it is.
 */
export function decodeText(bytes: Uint8Array): string {
  const mark = marks.find((one) => one.bytes.every((byte, index) => bytes[index] === byte));
  if (mark !== undefined && mark.encoding === undefined) throw new UnreadableText('it is UTF-32; save it as UTF-8');
  if (mark === undefined && looksLikeUtf16(bytes)) {
    throw new UnreadableText('it is UTF-16 without a byte order mark; save it as UTF-8');
  }
  const encoding = mark?.encoding ?? 'utf-8';
  const text = decode(bytes.subarray(mark?.bytes.length ?? 0), encoding);
  if (text === undefined) throw new UnreadableText(`it is not ${encoding.toUpperCase()}; save it as UTF-8`);
  return text;
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Every other byte of western text in UTF-16 is zero; no text in UTF-8 has any. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  return bytes.length > 1 && bytes[0] !== bytes[1] && (bytes[0] === 0 || bytes[1] === 0);
}

export interface TextFileOptions {
  readonly maxBytes: number;
  /** Also reads a pipe, such as `<(…)` of a shell, and waits for it. Default false: a pipe must not hang the call. */
  readonly allowPipe?: boolean;
}

/** The text of a regular file, whatever its size says. It is opened once. Throws `UnreadableText`. */
export async function readTextFile(path: string, { maxBytes, allowPipe = false }: TextFileOptions): Promise<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | (allowPipe ? 0 : (constants.O_NONBLOCK ?? 0)));
    try {
      const found = await handle.stat();
      if (found.isDirectory()) throw new UnreadableText('it is a folder, not a file');
      if (!found.isFile() && !(allowPipe && found.isFIFO())) throw new UnreadableText('it is not a regular file');
      return decodeText(await readBounded(handle, maxBytes));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof UnreadableText ? error : new UnreadableText(explainFileError(error));
  }
}

const chunkBytes = 64 * 1024;

/** Reads to the end of what was opened, but no more than `maxBytes`: beyond them it throws `UnreadableText`. */
export async function readBounded(handle: Pick<FileHandle, 'read'>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    // Whole chunks: some files of the system refuse to be read in odd numbers.
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks, bytes);
    bytes += bytesRead;
    if (bytes > maxBytes) throw new UnreadableText(`it is larger than ${sizeInWords(maxBytes)}`);
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

function sizeInWords(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.round(bytes / (1024 * 1024))} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
