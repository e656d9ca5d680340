import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { safeHeaders } from './page-guards.ts';
import { renderNotice } from './page-layout.ts';

/** Files that every page loads; they hold nothing of a connection. */
const assets: Readonly<Record<string, string>> = {
  'page.css': 'text/css; charset=utf-8',
  'form.css': 'text/css; charset=utf-8',
  'checks.css': 'text/css; charset=utf-8',
  'signed-in.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

export async function answerAsset(name: string, response: ServerResponse): Promise<void> {
  const type = Object.hasOwn(assets, name) ? assets[name] : undefined;
  if (type === undefined) {
    notice(response, 404, 'Nothing is here', 'Go back to the page itself.');
    return;
  }
  const bytes = await readFile(new URL(`./assets/${name}`, import.meta.url));
  response.writeHead(200, { ...safeHeaders, 'content-type': type });
  response.end(bytes);
}

export function notice(response: ServerResponse, status: number, title: string, text: string): void {
  answerHtml(response, status, renderNotice({ title, text }));
}

export function answerHtml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...safeHeaders, 'content-type': 'text/html; charset=utf-8' });
  response.end(text);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...safeHeaders, 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${text}\n`);
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...safeHeaders, 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
