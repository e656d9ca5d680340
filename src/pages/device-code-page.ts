import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import { createEventFeed } from './event-feed.ts';
import { type Html, html } from './html.ts';
import type { PageContent } from './page-host.ts';

/** The page that shows a device code, where to enter it, and whether the sign-in has happened. */
export function createDeviceCodePage(prompt: DeviceCodePrompt): PageContent {
  const feed = createEventFeed();
  void prompt.signedIn.then((isSignedIn) =>
    feed.push(
      isSignedIn
        ? { type: 'phase', phase: 'done', title: `${prompt.connection} is signed in`, text: 'You can close this page.' }
        : {
            type: 'phase',
            phase: 'done',
            title: 'The sign-in did not happen',
            text: 'The code has ended or was refused. The next call of the connection shows a new one.',
          },
    ),
  );
  return {
    title: `Sign in to ${prompt.connection}`,
    feed,
    render: async () => renderCode(prompt),
    submit: async () => [{ message: 'There is nothing to enter on this page.' }],
  };
}

function renderCode({ connection, userCode, verificationUri }: DeviceCodePrompt): Html {
  const place = safeLink(verificationUri);
  return html`<h1 id="title" tabindex="-1">Sign in to ${connection}</h1>
<div class="work">
<section class="card" id="outcome" aria-labelledby="outcome-title" hidden>
<h2 id="outcome-title" tabindex="-1"></h2><p id="outcome-text"></p>
</section>
<section class="card" id="ask" aria-labelledby="title">
<p>The connection ${connection} works with your own account. If you did not expect this, close the page and do not enter the code.</p>
<ol class="steps">
<li><h2>Copy the code</h2>
<div class="command"><pre><code class="user-code" id="user-code">${userCode}</code></pre>
<button type="button" class="copy" data-copy="user-code">Copy<span class="unseen"> the code</span></button></div></li>
<li><h2>Enter it where Microsoft asks for it</h2>
<p>${place === undefined ? html`<code>${verificationUri}</code>` : html`<a href="${place.href}" target="_blank" rel="noopener noreferrer">Open ${place.host}${place.pathname}</a>`}</p></li>
<li><h2>Come back here</h2><p>This page says when you are signed in.</p></li>
</ol>
</section>
</div>`;
}

/** The authority's own address; anything but https is shown and not linked. */
function safeLink(address: string): URL | undefined {
  const url = URL.parse(address);
  return url?.protocol === 'https:' ? url : undefined;
}
