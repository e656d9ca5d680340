import { type Html, html } from './html.ts';

/** What the frame of a page needs to know. */
export interface PageFrame {
  readonly title: string;
  readonly body: Html;
  readonly page: { readonly id: string; readonly formToken: string; readonly expiresAt: number };
}

/** The whole document around the inside of a page. */
export function renderPage({ title, body, page }: PageFrame): string {
  const until = new Date(page.expiresAt).toISOString();
  return documentOf(
    title,
    html`<body data-page="/page/${page.id}" data-token="${page.formToken}">
<a class="skip" href="#main">Skip to the form</a>
<header class="bar">
${brand}
<p class="until">Open until <time datetime="${until}">${until.slice(11, 16)} UTC</time></p>
</header>
<main id="main">${body}</main>
<footer><p>This page comes from Tenantry on this computer, and closes by itself. What you enter is sent nowhere but to
Tenantry; it is stored encrypted, and the assistant that asked never sees it.</p></footer>
<div id="announce" class="unseen" role="status"></div>
</body>`,
  );
}

/** A page that only says something. */
export function renderNotice({ title, text }: { readonly title: string; readonly text: string }): string {
  return documentOf(
    title,
    html`<body>
<header class="bar">${brand}</header>
<main id="main" class="notice"><div class="card"><h1>${title}</h1><p>${text}</p></div></main>
</body>`,
  );
}

/** A page for somebody who has signed in. */
export interface SignedInFrame {
  readonly title: string;
  readonly body: Html;
  /** Path below which the server is reached; empty, or it begins with a slash. */
  readonly base: string;
  readonly person: string;
  readonly formToken: string;
  /** Address of the page, below `base`: what its script sends goes there. */
  readonly path: string;
  /** Whether the page has a form that its script sends. */
  readonly isScripted?: boolean;
  /** What its script shows at once. */
  readonly last?: object;
}

/** Where the pages of somebody who has signed in lead. */
const places = [
  { path: '/approve', title: 'Waiting for you' },
  { path: '/connections', title: 'Connections' },
  { path: '/secrets', title: 'Secrets' },
] as const;

/** The whole document around a page of somebody who has signed in. */
export function renderSignedIn({
  title,
  body,
  base,
  person,
  formToken,
  path,
  isScripted,
  last,
}: SignedInFrame): string {
  const script =
    isScripted === true &&
    html` data-page="${base}${path}" data-token="${formToken}" data-answers ${
      last !== undefined && html`data-last="${JSON.stringify(last)}"`
    }`;
  return documentOf(
    title,
    html`<body${script}>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
${brandAt(base)}
<form class="who" method="post" action="${base}/sign-out"><input type="hidden" name="token" value="${formToken}">
<span>Signed in as <strong>${person}</strong></span> <button type="submit">Sign out</button></form>
<nav aria-label="Pages"><ul>${places.map(
      (place) =>
        html`<li><a href="${base}${place.path}" ${
          (path === place.path || path.startsWith(`${place.path}/`)) && html`aria-current="page"`
        }>${place.title}</a></li>`,
    )}</ul></nav>
</header>
<main id="main">${body}</main>
<footer><p>These pages come from the Tenantry of your organization. No assistant can open them, or sees what you enter here.</p></footer>
<div id="announce" class="unseen" role="status"></div>
</body>`,
    base,
  );
}

/** A page that only says something, to somebody who may not have signed in. */
export function renderPlain({ title, body, base }: Pick<SignedInFrame, 'title' | 'body' | 'base'>): string {
  return documentOf(
    title,
    html`<body>
<header class="bar">${brandAt(base)}</header>
<main id="main" class="notice"><div class="card"><h1>${title}</h1>${body}</div></main>
</body>`,
    base,
  );
}

/** Goes on to a page of ours by itself: from here, the browser sends the cookies that it keeps from other places. */
export function renderBounce({ base, path }: Pick<SignedInFrame, 'base' | 'path'>): string {
  const title = 'One moment';
  const head = html`<meta http-equiv="refresh" content="0; url=${base}${path}">`;
  const body = html`<body>
<main id="main" class="notice"><div class="card"><h1>${title}</h1><p><a href="${base}${path}">Go on</a></p></div></main>
</body>`;
  return documentOf(title, body, base, head);
}

function brandAt(base: string): Html {
  return html`<p class="brand"><img src="${base}/assets/icon.svg" alt="" width="24" height="24">Tenantry</p>`;
}

const brand = brandAt('');

function documentOf(title: string, body: Html, base = '', more?: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${more}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Tenantry</title>
<link rel="icon" href="${base}/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/assets/page.css">
<link rel="stylesheet" href="${base}/assets/form.css">
<link rel="stylesheet" href="${base}/assets/checks.css">
<link rel="stylesheet" href="${base}/assets/signed-in.css">
<script src="${base}/assets/page.js" defer></script>
</head>
${body}
</html>
`.text;
}
