import { type FileHandle, open } from 'node:fs/promises';

/** Largest file or input with the arguments of a call: more than any tool accepts. */
export const maxArgumentBytes = 16 * 1024 * 1024;

const chunkBytes = 64 * 1024;

/**
 * What an open file holds from here to its end, or undefined where that is more than `most` bytes. Reads no further than
 * that, whatever the size says: files of the system have none, and a file may grow meanwhile.
 */
export async function readAtMost(handle: Pick<FileHandle, 'read'>, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for (let length = 0; ; ) {
    // Whole chunks: some files of the system refuse to be read in odd numbers.
    const chunk = Buffer.alloc(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > most) return undefined;
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/** The same for a file by its path. Throws the errors of the system. */
export async function readFileAtMost(path: string, most: number): Promise<Buffer | undefined> {
  const handle = await open(path, 'r');
  try {
    return await readAtMost(handle, most);
  } finally {
    await handle.close();
  }
}

/** The same for a stream, which is not read any further. */
export async function readStreamAtMost(stream: AsyncIterable<unknown>, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > most) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
