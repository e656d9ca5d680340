import type { Caller } from '../../core/base/caller.ts';
import type { NamedSecrets, NamedSecretView } from '../../core/named-secrets/named-secrets.ts';
import { type Html, html } from '../html.ts';
import type { NotePageUse } from './note-page-use.ts';
import { pageAreas } from './page-paths.ts';
import type { PageRoom, PageView, PageVisit } from './page-room.ts';

export interface SecretsRoomOptions {
  readonly namedSecrets: Pick<NamedSecrets, 'list' | 'reveal'>;
  readonly note: NotePageUse;
}

/** The caller's own secrets by name: kept from answers, generated, or set. Each is shown only when the person asks for it. */
export function createSecretsRoom({ namedSecrets, note }: SecretsRoomOptions): PageRoom {
  // Those of the configuration belong to the operator, whoever may use them.
  const ownOf = async (caller: Caller) =>
    (await namedSecrets.list(caller.id, caller)).filter(({ source }) => source !== 'configuration');
  return {
    area: pageAreas.secrets,
    async show(visit) {
      return visit.rest.length === 0 ? listView(await ownOf(visit.caller), visit) : undefined;
    },
    async take(visit, form) {
      const { caller, rest } = visit;
      const secret = (await ownOf(caller)).find(({ name }) => name === form.get('name'));
      if (rest.join('/') !== 'show' || secret === undefined) return undefined;
      const value = (await namedSecrets.reveal(secret.name, caller.id, caller)).reveal();
      note({ caller, what: 'show a secret', ids: [secret.name] });
      return shownView(secret, value, visit);
    },
  };
}

function listView(secrets: readonly NamedSecretView[], visit: PageVisit): PageView {
  const title = 'Your secrets';
  const items = secrets.map(
    (secret) => html`<li class="card"><h2><code>${secret.name}</code></h2>
${facts(secret)}
<form method="post" action="${visit.link('/secrets/show')}">${visit.token}<input type="hidden" name="name" value="${secret.name}">
<div class="answers"><button type="submit">Show<span class="unseen"> the secret ${secret.name}</span></button></div></form></li>`,
  );
  const body = html`<h1>${title}</h1>
${
  items.length === 0
    ? html`<div class="card"><p>Nothing has been kept for you.</p></div>`
    : html`<ul class="items">${items}</ul>`
}`;
  return { title, body };
}

const sourceWords: Readonly<Record<NamedSecretView['source'], string>> = {
  kept: 'an answer of a service',
  generated: 'made for a request',
  person: 'set by a person',
  configuration: 'the configuration',
};

function facts({ source, origin, storedAt, expiresAt, keptUntil, fingerprint }: NamedSecretView): Html {
  const row = (term: string, value: string | undefined) =>
    value === undefined ? html`` : html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">
${row('From', sourceWords[source])}${row('Belongs to', origin?.resource)}${row('Member', origin?.member)}
${row('Fingerprint', fingerprint)}${row('Stored', dayOf(storedAt))}${row('Ends', dayOf(expiresAt))}${row('Kept until', dayOf(keptUntil))}
</dl>`;
}

function dayOf(time: string | undefined): string | undefined {
  return time?.slice(0, 10);
}

function shownView({ name }: NamedSecretView, value: string, visit: PageVisit): PageView {
  const title = 'Your secret';
  return {
    title,
    body: html`<h1>${title}</h1>
<section class="card" aria-labelledby="secret-name"><h2 id="secret-name"><code>${name}</code></h2>
<div class="command"><pre><code id="secret">${value}</code></pre>
<button type="button" class="copy" data-copy="secret">Copy<span class="unseen"> the secret</span></button></div>
<p>Do not paste it into a conversation: an agent can use it by its name. That you looked at it stands in the audit log.</p>
<p><a href="${visit.link('/secrets')}">Back to your secrets</a></p></section>`,
  };
}
