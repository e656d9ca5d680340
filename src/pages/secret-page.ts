import type { CallContext } from '../core/base/call-context.ts';
import type { Cloud } from '../core/base/clouds.ts';
import { AppError } from '../core/base/errors.ts';
import { changesIdentity } from '../core/connections/complete-connection.ts';
import type { Validation } from '../core/connections/connection-service.ts';
import type { PromptRequest } from '../core/connections/secret-prompt.ts';
import type { AuthType, CheckResult, ConnectionRecord } from '../core/record/connection.ts';
import type { Secret } from '../core/secrets/secret.ts';
import { renderChecklist, stateWords } from './checklist-view.ts';
import { createEventFeed, type EventFeed, type PageEvent } from './event-feed.ts';
import { type Html, html } from './html.ts';
import type { FormProblem, PageContent, Submission } from './page-host.ts';
import { type FormField, formFieldsOf, labelOf, readAnswer, renderField } from './secret-form.ts';

export interface SecretPageOptions {
  readonly request: PromptRequest;
  readonly cloud: Cloud | undefined;
  /** A context for work that the page does by itself, also when the call that asked has ended. */
  readonly newCall: () => CallContext;
  /** Hides what was entered from answers and logs. */
  readonly hide: (secret: Secret) => void;
  /** Called when what was entered has been stored. */
  readonly onStored?: () => void;
  /** How far an earlier showing of the same page came. */
  readonly earlier?: EarlierShowing;
  /** Called when the connection signs in with what was entered. */
  readonly onWorking: (record: ConnectionRecord) => void;
  /** Called with a failure that nobody foresaw. */
  readonly onError: (error: unknown) => void;
}

/** A page that is shown again, by this process or another one. */
export interface EarlierShowing {
  /** Whether the connection had no identity when the call asked. */
  readonly wasPending: boolean;
  readonly isCompleted: boolean;
  /** How the last attempt ended. */
  readonly last?: PageEvent & { readonly type: 'phase' };
}

/** The page that takes the secrets of a connection, completes it, and shows its validation line by line. */
export function createSecretPage(options: SecretPageOptions): PageContent {
  const { request, newCall, hide, onStored, earlier, onWorking, onError } = options;
  const fields = formFieldsOf(request);
  const feed = createEventFeed();
  const wasPending = earlier?.wasPending ?? request.record.status === 'pending';
  let isCompleted = earlier?.isCompleted ?? false;
  if (earlier?.last !== undefined) feed.push(earlier.last);
  return {
    title: titleOf(request, wasPending),
    feed,
    render: async () => renderForm(options, { wasPending, phase: feed.phase }, await newest(request)),
    async submit(action, values) {
      if (feed.phase === 'busy' || feed.phase === 'done') {
        return [{ message: 'What was sent before is still being worked on.', hint: 'Wait for its outcome.' }];
      }
      if (action === 'check' && isCompleted) return check();
      // What works is not replaced by this page.
      if (action === 'complete' && feed.phase !== 'look') return complete(values);
      return [{ message: 'There is nothing to do here.' }];
    },
  };

  async function complete(values: Submission): Promise<readonly FormProblem[]> {
    const { answer, problems } = readAnswer(fields, values);
    Object.values(answer.secrets).forEach(hide);
    if (answer.passphrase !== undefined) hide(answer.passphrase);
    if (problems.length > 0) return problems;
    const before = feed.phase;
    feed.restart(busy(`Storing what you entered for ${request.record.name} …`));
    try {
      // What this page itself stored may be corrected on it.
      await request.complete(answer, { correcting: isCompleted && wasPending, call: newCall() });
    } catch (error) {
      feed.restart({ type: 'phase', phase: before, title: 'Something has to be mended', text: '' });
      if (error instanceof AppError) return [problemOf(error)];
      throw error;
    }
    isCompleted = true;
    onStored?.();
    return check();
  }

  /** Does not wait for the outcome: the feed tells it. */
  function check(): readonly FormProblem[] {
    feed.restart(busy('Trying to sign in …'));
    void request
      .validate((line) => feed.push({ type: 'line', ...forPerson(line) }), newCall())
      .then(conclude, (error: unknown) => {
        if (!(error instanceof AppError)) onError(error);
        const text = error instanceof AppError ? error.message : 'The check itself failed. The log says more.';
        feed.push({ type: 'phase', phase: 'retry', title: 'It could not be checked', text });
      });
    return [];
  }

  function conclude(validation: Validation): void {
    const outcome = outcomeOf(validation);
    if (outcome.phase !== 'retry') onWorking(validation.record);
    void tellSteps(validation.record).finally(() => feed.push({ type: 'phase', ...outcome }));
  }

  /** What the validation has found out about the steps of the checklist. */
  async function tellSteps(record: ConnectionRecord): Promise<void> {
    const { buildChecklist } = await import('../core/connections/checklist/build-checklist.ts');
    for (const { step, state } of buildChecklist(record).steps) {
      feed.push({ type: 'step', step, state, words: stateWords[state] });
    }
  }
}

/** On the page it is not the tool that takes the secret. */
function forPerson({ hint, ...line }: CheckResult): CheckResult {
  return hint === undefined ? line : { ...line, hint: hint.replace(/,? with `?complete_connection`?(?=[.:;,]|$)/, '') };
}

function busy(text: string) {
  return { type: 'phase', phase: 'busy', title: 'Checking the connection', text } as const;
}

function problemOf({ message, detail, hint: given }: AppError): FormProblem {
  const field = detail?.['field'];
  // It is on this page that it is entered.
  const isPassphrase = field === 'certificate_passphrase';
  const hint = isPassphrase ? 'Enter the passphrase that the file was exported with.' : given;
  return { message, ...(hint === undefined ? {} : { hint }), ...(typeof field === 'string' ? { field } : {}) };
}

/** Whether the person is done: a sign-in that works is, whatever roles are still missing. */
function outcomeOf({ record, health, checks }: Validation) {
  const has = (name: string, status: CheckResult['status']) =>
    checks.some(({ check, status: found }) => check.split('.')[0] === name && found === status);
  if (!has('token', 'pass') || has('identity', 'fail')) {
    return {
      phase: 'retry',
      title: 'The sign-in does not work yet',
      text: 'Look at the lines that failed, correct what you entered, and send it again.',
    } as const;
  }
  return health === 'healthy'
    ? ({
        phase: 'done',
        title: `${record.name} is ready`,
        text: 'Everything was checked. You can close this page.',
      } as const)
    : ({
        phase: 'look',
        title: `${record.name} signs in`,
        text: 'The secret is right and stored. Some lines below still need something; you can do it now and check again, or close this page.',
      } as const);
}

/** The connection as it is now, with what the caller wants for it, so that the commands of the checklist name it. */
async function newest(request: PromptRequest): Promise<ConnectionRecord> {
  const record = await request.reload().catch(() => request.record);
  return { ...record, identity: { ...request.asked, ...(record.status === 'ready' ? record.identity : {}) } };
}

function titleOf({ record }: PromptRequest, wasPending: boolean): string {
  return wasPending ? `Connect ${record.name}` : `Replace the secret of ${record.name}`;
}

const signInWords: Readonly<Partial<Record<AuthType, string>>> = {
  azure: 'an app and its client secret',
  certificate: 'an app and its certificate',
  workload_identity: 'an app that trusts the token of another issuer',
  bearer: 'an access token that you supply',
  on_behalf_of: 'an app, for the people who call it',
};

async function renderForm(
  { request, cloud }: SecretPageOptions,
  { phase, wasPending }: Pick<EventFeed, 'phase'> & Pick<EarlierShowing, 'wasPending'>,
  current: ConnectionRecord,
): Promise<Html> {
  const { record } = request;
  const fields = formFieldsOf(request);
  const isOpen = phase === 'form' || phase === 'retry';
  const { buildChecklist } = await import('../core/connections/checklist/build-checklist.ts');
  return html`<h1 id="title" tabindex="-1">${titleOf(request, wasPending)}</h1>
<div class="columns" data-phase="${phase}">
<div class="work">
<section class="card" id="outcome" aria-labelledby="outcome-title" hidden>
<h2 id="outcome-title" tabindex="-1"></h2><p id="outcome-text"></p>
<div role="log" aria-label="Checks"><ol id="lines" class="lines"></ol></div>
<div class="actions"><button type="button" id="again" hidden>Check again</button></div>
</section>
<section class="card" id="ask" aria-labelledby="title" ${!isOpen && html`hidden`}>
<p>Your assistant asks for the ${wantedOf(fields)}. Enter it here and not in the conversation. If you did not expect this, close the page.</p>
${identityWarning(request)}
<dl class="facts">
<div><dt>Connection</dt><dd>${record.name}</dd></div>
<div><dt>Signs in with</dt><dd>${signInWords[record.auth_type] ?? record.auth_type}</dd></div>
<div><dt>Access</dt><dd>${record.access === 'read_only' ? 'read only' : 'read and write'}, for ${record.scopes.join(', ')}</dd></div>
${cloud !== undefined && record.auth_type !== 'bearer' && html`<div><dt>Secret goes to</dt><dd>${new URL(cloud.login).host}, and nowhere else</dd></div>`}
</dl>
<div id="summary" class="summary" role="alert" tabindex="-1" hidden><h2>Something has to be mended</h2><ul></ul></div>
<form id="form" novalidate autocomplete="off" method="post">
${fields.map(renderField)}
<div class="actions"><button type="submit" class="primary">Save and check</button></div>
</form>
<noscript><p class="summary">This form needs JavaScript. Without it, use a terminal: tenantry connections complete ${record.name}</p></noscript>
</section>
</div>
<aside aria-label="Set-up">${renderChecklist(buildChecklist(current))}</aside>
</div>`;
}

function wantedOf(fields: readonly FormField[]): string {
  const wanted = fields.filter(({ kind, required }) => kind === 'secret' && required);
  const secrets = wanted.map((field) => labelOf(field).toLowerCase());
  return secrets.join(' and the ');
}

/** What the caller asks for beyond a new secret must not go unseen. */
function identityWarning({ record, asked }: PromptRequest): Html | undefined {
  const next = { ...record.identity, ...asked };
  if (!changesIdentity(record, next)) return undefined;
  const named = ({ tenant_id: tenant = 'none', client_id: client = 'none' }: ConnectionRecord['identity']) =>
    html`app <code>${client}</code> in tenant <code>${tenant}</code>`;
  return html`<div class="warning"><h2>This makes it another identity</h2>
<p>The assistant asks to switch ${record.name} from ${named(record.identity)} to ${named(next)}. Go on only if you want that.</p></div>`;
}
