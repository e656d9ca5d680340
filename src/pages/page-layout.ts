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

const brand = html`<p class="brand"><img src="/assets/icon.svg" alt="" width="24" height="24">Tenantry</p>`;

function documentOf(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Tenantry</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
<link rel="stylesheet" href="/assets/form.css">
<link rel="stylesheet" href="/assets/checks.css">
<script src="/assets/page.js" defer></script>
</head>
${body}
</html>
`.text;
}
