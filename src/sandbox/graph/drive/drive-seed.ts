import { mix } from '../../seed/hash.ts';
import { createDrive, type Drive, type FileContent } from './drive.ts';

/** Files of the folder `Archive`: more than one page of children. */
const archivedFiles = 450;

const hourMs = 3_600_000;

/** A OneDrive as its owner left it: a few documents, a picture, and a folder of several pages. */
export function seedDrive(id: string, ownerId: string, ownerName: string): Drive {
  const createdAt = Date.parse('2025-02-03T09:00:00Z');
  const drive = createDrive(id, ownerId, createdAt);
  const folder = (name: string) => drive.add({ parentId: drive.root.id, name, at: createdAt + hourMs });
  const documents = folder('Documents');
  const pictures = folder('Pictures');
  const archive = folder('Archive');
  const file = (parentId: string, name: string, content: FileContent, number: number) =>
    drive.add({ parentId, name, content, at: createdAt + (2 + number) * hourMs });
  file(drive.root.id, 'Welcome.txt', textContent(`Welcome to OneDrive, ${ownerName}.\n`), 0);
  file(documents.id, 'Budget 2026.csv', textContent(budget(), 'text/csv'), 1);
  file(documents.id, 'Notes & ideas #1.md', textContent('# Ideas\n\n- Fewer meetings\n', 'text/markdown'), 2);
  file(pictures.id, 'Pixel.png', bytesContent(Buffer.from(pixel, 'base64'), 'image/png'), 3);
  for (let number = 1; number <= archivedFiles; number++) {
    const name = `Minutes ${String(number).padStart(3, '0')}.txt`;
    file(archive.id, name, textContent(`Minutes of meeting ${number}.\n`), 3 + number);
  }
  return drive;
}

export function bytesContent(bytes: Uint8Array, mimeType: string): FileContent {
  return { sizeBytes: bytes.length, mimeType, read: () => bytes };
}

function textContent(text: string, mimeType = 'text/plain'): FileContent {
  return bytesContent(Buffer.from(text), mimeType);
}

function budget(): string {
  const rows = ['Travel', 'Hardware', 'Training'].map((name, index) => `${name},${mix(index, 7, 2026) % 90_000}`);
  return `Position,Euro\r\n${rows.join('\r\n')}\r\n`;
}

/** One transparent pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
