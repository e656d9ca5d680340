/** First parts of the addresses of pages. */
export const pageAreas = {
  assets: 'assets',
  signIn: 'sign-in',
  signOut: 'sign-out',
  signedOut: 'signed-out',
  approve: 'approve',
  secrets: 'secrets',
  connections: 'connections',
  enter: 'enter',
} as const;

const areas: ReadonlySet<string> = new Set(Object.values(pageAreas));

/** Path of the sign-in's way back, below the public address: what the app registration names. */
export const callbackPath = `/${pageAreas.signIn}/callback`;

/** The path below the public address, whether or not a proxy takes off what it has put in front. */
export function pathBelow(base: string, path: string): string {
  return base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

/** What the public address has before the paths of pages: nothing, or a path without its last slash. */
export function baseOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

export function isPagePath(path: string): boolean {
  return path === '/' || areas.has(path.split('/')[1] ?? '');
}

const returnable = new Set<string>([pageAreas.approve, pageAreas.secrets, pageAreas.connections, pageAreas.enter]);

/** One of our own pages to go on to after the sign-in; anything else becomes the first page. */
export function returnPath(wanted: string | null): string {
  const parts = (wanted ?? '').split('/');
  const isOurs = parts[0] === '' && returnable.has(parts[1] ?? '') && parts.length <= 4;
  const isPlain = parts.slice(1).every((part) => /^[A-Za-z0-9_-]{1,200}$/.test(part));
  return isOurs && isPlain ? parts.join('/') : `/${pageAreas.approve}`;
}
