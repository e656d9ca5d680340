import { shownLine } from '../../core/base/clean-text.ts';
import type { Clock } from '../../core/base/clock.ts';
import type { Approval, ApprovalStore } from '../../core/storage/storage.ts';
import { type Html, html } from '../html.ts';
import type { NotePageUse } from './note-page-use.ts';
import { pageAreas } from './page-paths.ts';
import type { PageRoom, PageView, PageVisit } from './page-room.ts';

export interface ApproveRoomOptions {
  readonly approvals: Pick<ApprovalStore, 'list' | 'answer'>;
  readonly clock: Clock;
  readonly note: NotePageUse;
}

/**
 * What waits for a person's yes. Its addresses may be known to anybody: only the person whose agent asks sees anything
 * there, and only a form of their session answers.
 */
export function createApproveRoom({ approvals, clock, note }: ApproveRoomOptions): PageRoom {
  const find = async ({ caller, rest }: PageVisit) => {
    const [code = '', ...more] = rest;
    const wanted = code.toUpperCase();
    return more.length > 0 ? undefined : (await approvals.list(caller.id)).find((one) => one.code === wanted);
  };
  return {
    area: pageAreas.approve,
    async show(visit) {
      if (visit.rest.length === 0) return listView(await approvals.list(visit.caller.id), visit, clock.now());
      const approval = await find(visit);
      return approval && questionView(approval, visit, clock.now());
    },
    async take(visit, form) {
      const said = form.get('answer');
      const approval = await find(visit);
      if (approval === undefined || (said !== 'yes' && said !== 'no')) return undefined;
      const outcome = said === 'yes' ? 'approved' : 'declined';
      if (!(await approvals.answer(approval.code, visit.caller.id, outcome))) return undefined;
      const { tool, connection, code } = approval;
      note({ caller: visit.caller, what: `approve ${tool}`, connection, ids: [code], outcome });
      return answeredView(approval, outcome, visit);
    },
  };
}

function listView(waiting: readonly Approval[], visit: PageVisit, now: number): PageView {
  const items = waiting.map(
    (one) => html`<li class="card"><h2><a href="${visit.link(`/approve/${one.code}`)}">${marked(one.summary)}</a></h2>
${facts(one, visit, now)}</li>`,
  );
  const title = 'Waiting for you';
  const body = html`<h1>${title}</h1>
${
  items.length === 0
    ? html`<div class="card"><p>Nothing waits for a yes.</p></div>`
    : html`<ul class="items">${items}</ul>`
}`;
  return { title, body };
}

function questionView(approval: Approval, visit: PageVisit, now: number): PageView {
  const title = 'An agent asks for your yes';
  return {
    title,
    body: html`<h1>${title}</h1>
<section class="card" aria-label="Question">
<h2>${marked(approval.summary)}?</h2>
${facts(approval, visit, now)}
${detailsOf(approval)}
<p>A yes is for exactly this, once, within the hour. If you did not expect it, say no.</p>
<form method="post" action="${visit.link(`/approve/${approval.code}`)}">${visit.token}
<div class="answers"><button type="submit" name="answer" value="no">No, do not do it</button>
<button type="submit" name="answer" value="yes" class="primary">Yes, do it</button></div></form>
</section>`,
  };
}

function answeredView({ summary, expiresAt }: Approval, outcome: 'approved' | 'declined', visit: PageVisit): PageView {
  const title = outcome === 'approved' ? 'You said yes' : 'You said no';
  const until = new Date(expiresAt).toISOString().slice(11, 16);
  const what =
    outcome === 'approved'
      ? `The agent can now send the same call again, once, until ${until} UTC. Go back to the conversation and say so.`
      : 'The call will not run.';
  return {
    title,
    body: html`<div class="card"><h1>${title}</h1><p>${marked(summary)}</p><p>${what}</p>
<p><a href="${visit.link('/approve')}">What else waits</a></p></div>`,
  };
}

function facts({ code, tool, connection, expiresAt }: Approval, { caller }: PageVisit, now: number): Html {
  const minutes = Math.max(1, Math.round((expiresAt - now) / 60_000));
  return html`<dl class="facts">
<div><dt>Asked by</dt><dd>an agent of ${caller.name ?? caller.id}, with <code>${tool}</code></dd></div>
${connection !== undefined && html`<div><dt>Connection</dt><dd><code>${shownLine(connection)}</code></dd></div>`}
<div><dt>Code</dt><dd><code>${code}</code>, for ${minutes} more minutes</dd></div>
</dl>`;
}

/** The exact requests, and what they would change. What a request says is set below it. */
function detailsOf({ details }: Approval): Html | undefined {
  if (details.length === 0) return undefined;
  const lines = details.map(
    (line) => html`<li ${line.startsWith(' ') && html`class="below"`}>${marked(line.trim())}</li>`,
  );
  return html`<ul class="requests" aria-label="What would happen">${lines}</ul>`;
}

/** One line; names stand between backticks. Text of tenants is part of some lines. */
function marked(text: string): readonly Html[] {
  return shownLine(text)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
