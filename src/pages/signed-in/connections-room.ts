import { operatorAt } from '../../core/base/authority.ts';
import type { Caller } from '../../core/base/caller.ts';
import type { Clock } from '../../core/base/clock.ts';
import { AppError } from '../../core/base/errors.ts';
import type { ConnectionService } from '../../core/connections/connection-service.ts';
import type { ConnectionRecord } from '../../core/record/connection.ts';
import type { Grant, GrantSubject } from '../../core/record/sharing.ts';
import { type Html, html } from '../html.ts';
import { pageCall } from '../prompt-words.ts';
import type { NotePageUse } from './note-page-use.ts';
import { pageAreas } from './page-paths.ts';
import type { PageRoom, PageView, PageVisit } from './page-room.ts';

export interface ConnectionsRoomOptions {
  readonly connections: Pick<ConnectionService, 'list' | 'share'>;
  readonly clock: Clock;
  readonly note: NotePageUse;
}

/** The caller's own connections, and with whom they are shared. Only their owner sees them here. */
export function createConnectionsRoom({ connections, clock, note }: ConnectionsRoomOptions): PageRoom {
  const ownOf = async (caller: Caller) =>
    (await connections.list(caller)).filter(({ owner, origin }) => owner === caller.id && origin !== 'declared');
  const all = async (visit: PageVisit) => listView(await ownOf(visit.caller), visit);
  return {
    area: pageAreas.connections,
    show: async (visit) => (visit.rest.length === 0 ? all(visit) : undefined),
    async take(visit, form) {
      const { caller, rest } = visit;
      const [name, action, ...more] = rest;
      const record = (await ownOf(caller)).find((one) => one.name === name);
      if (record === undefined || more.length > 0) return undefined;
      if (action !== 'share' && action !== 'unshare') return undefined;
      const subject = readSubject(form);
      const access = form.get('access') === 'write' ? 'write' : 'read';
      const change = action === 'share' ? { add: [{ ...subject, access } as const] } : { remove: [subject] };
      // The form of a person's own session.
      const call = { ...pageCall({ caller, granted: [] }, clock, 'http'), authority: operatorAt('http') };
      await connections.share(record.name, change, caller, call);
      note({ caller, what: `${action} a connection`, connection: record.name, ids: [wordsOf(subject)] });
      return all(visit);
    },
  };
}

const idPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** A person or a group by its object id, in another tenant than the owner's with that before it. */
const subjectPattern = new RegExp(`^(?:${idPattern}/)?${idPattern}$`);

function readSubject(form: URLSearchParams): GrantSubject {
  const kind = form.get('with');
  if (kind === 'everyone') return { everyone: true };
  const id = (form.get('id') ?? '').trim().toLowerCase();
  if (!subjectPattern.test(id) || (kind !== 'user' && kind !== 'group')) {
    throw new AppError('invalid_argument', 'That is not the object ID of a person or a group.', {
      hint: 'Copy it from the Entra portal: it looks like 00000000-0000-0000-0000-000000000001.',
    });
  }
  return kind === 'user' ? { user: id } : { group: id };
}

function wordsOf({ everyone, group, user }: GrantSubject): string {
  if (everyone === true) return 'everyone';
  return group === undefined ? `user ${user}` : `group ${group}`;
}

function listView(records: readonly ConnectionRecord[], visit: PageVisit): PageView {
  const title = 'Your connections';
  const items = records.map((record) => connectionItem(record, visit));
  const body = html`<h1>${title}</h1>
${
  items.length === 0
    ? html`<div class="card"><p>You have no connections of your own yet.</p></div>`
    : html`<ul class="items">${items}</ul>`
}`;
  return { title, body };
}

function connectionItem(record: ConnectionRecord, visit: PageVisit): Html {
  const { shared_with: grants = [], name, access, scopes, status, identity } = record;
  const shares =
    grants.length === 0
      ? html`<p>Shared with nobody.</p>`
      : html`<ul class="shares">${grants.map((grant) => shareItem(name, grant, visit))}</ul>`;
  return html`<li class="card"><h2><code>${name}</code></h2>
<dl class="facts">
<div><dt>Access</dt><dd>${access === 'read_only' ? 'read only' : 'read and write'}, for ${scopes.join(', ')}</dd></div>
<div><dt>Tenant</dt><dd>${identity.tenant_id ?? 'none yet'}</dd></div>
<div><dt>State</dt><dd>${status}</dd></div>
</dl>
${shares}
${shareForm(record, visit)}</li>`;
}

function shareItem(name: string, grant: Grant, visit: PageVisit): Html {
  const words = grantWords(grant);
  return html`<li><form method="post" action="${visit.link(`/connections/${name}/unshare`)}">${visit.token}
${grantFields(grant)}<span>${words}</span>
<button type="submit">Stop sharing<span class="unseen"> ${name} with ${words}</span></button></form></li>`;
}

/** Names the grant again in the form that ends it. */
function grantFields({ everyone, group, user }: Grant): Html {
  if (everyone === true) return html`<input type="hidden" name="with" value="everyone">`;
  const kind = group === undefined ? 'user' : 'group';
  return html`<input type="hidden" name="with" value="${kind}"><input type="hidden" name="id" value="${group ?? user}">`;
}

function grantWords(grant: Grant): string {
  const who = grant.everyone === true ? 'everyone who signs in' : wordsOf(grant);
  return `${who}: ${grant.access === 'write' ? 'with its access' : 'to read'}`;
}

function shareForm({ name }: ConnectionRecord, visit: PageVisit): Html {
  const id = (part: string) => `${part}-${name}`;
  return html`<details><summary>Share ${name}</summary>
<form method="post" action="${visit.link(`/connections/${name}/share`)}">${visit.token}
<div class="field"><label for="${id('with')}">With</label>
<select id="${id('with')}" name="with"><option value="user">a person</option><option value="group">a group</option><option value="everyone">everyone who signs in</option></select></div>
<div class="field"><label for="${id('id')}">Object ID <span class="quiet">(of the person or the group)</span></label>
<input id="${id('id')}" name="id" type="text" autocomplete="off" spellcheck="false" maxlength="100"></div>
<div class="field"><label for="${id('access')}">For</label>
<select id="${id('access')}" name="access"><option value="read">reading only</option><option value="write">all that the connection may</option></select></div>
<div class="actions"><button type="submit" class="primary">Share</button></div></form></details>`;
}
