import type { Authority, PersonPage, YesRequest } from '../../base/authority.ts';
import { shownLine } from '../../base/clean-text.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError, type WayToYes } from '../../base/errors.ts';
import type { Approval, ApprovalStore } from '../../storage/storage.ts';
import { type AgentCall, digestOf } from './agent-call.ts';
import { type ConfirmHandles, createConfirmHandles, type OpenHandle } from './confirm-handles.ts';
import { waitForYes } from './pending-approvals.ts';
import { atTheTerminal, type PersonWay } from './person-way.ts';
import { AskPerson, type ClientAnswers, formMessage, pageDigest } from './question.ts';

/** Gives the calls of agents their authority. One for each process. */
export interface Asking {
  /** `client` is what can be asked where the call came in; absent where there is nobody to ask. */
  authorityOf(call: AgentCall, client?: ClientAnswers): Authority;
}

export interface AskingOptions {
  /** 32 bytes, the same for all processes of one storage. */
  readonly key: () => Promise<Uint8Array>;
  readonly approvals: ApprovalStore;
  readonly clock: Clock;
  /** Hides secrets in what a person reads. */
  readonly mask: (text: string) => string;
  /** Default: the terminal of this machine. */
  readonly way?: PersonWay;
}

type Ways = AskingOptions & { readonly way: PersonWay };

export function createAsking(given: AskingOptions): Asking {
  const options = { way: atTheTerminal, ...given };
  const handles = createConfirmHandles(options);
  return { authorityOf: (call, client) => new AgentAuthority(call, client, handles, options) };
}

/** Most characters of a preview: an error has to stay readable for hosts that cut it. */
const longestPreview = 6_000;

/** An agent's authority in one call: what a person has said yes to, and the ways to ask. */
class AgentAuthority implements Authority {
  readonly actor = 'agent';
  readonly channel: Authority['channel'];
  readonly #call: AgentCall;
  readonly #client: ClientAnswers | undefined;
  readonly #handles: ConfirmHandles;
  readonly #options: Ways;
  /** Digests of the requests that may go on in this call. */
  readonly #granted = new Set<string>();
  /** Those that the passed handle, or the person at the client, has said yes to. */
  readonly #confirmed = new Set<string>();
  /** Approvals that this call has taken. */
  readonly #spent: Approval[] = [];
  #handle: Promise<OpenHandle | undefined> | undefined;
  readonly #used = new Map<object, Promise<boolean>>();

  constructor(call: AgentCall, client: ClientAnswers | undefined, handles: ConfirmHandles, options: Ways) {
    this.channel = call.channel;
    this.#call = call;
    this.#client = client;
    this.#handles = handles;
    this.#options = options;
  }

  async requireYes(request: YesRequest): Promise<void> {
    const digest = digestOf(this.#call, request, await this.#options.key());
    if (this.#granted.has(digest)) return;
    if (await this.#isSaid(digest, request)) {
      this.#granted.add(digest);
      return;
    }
    const isForm = this.#client?.form && (request.grade === 'careful' || this.#options.way.formsGiveAuthority);
    const message = isForm ? formMessage(request) : undefined;
    if (message !== undefined) throw new AskPerson({ kind: 'yes', digest, message: this.#options.mask(message) });
    if (request.grade === 'careful' && this.#call.takesConfirm) throw await this.#previewed(digest, request);
    throw await this.#pending(digest, request);
  }

  async showPage(page: PersonPage): Promise<boolean> {
    if (!this.#client?.url) return false;
    const digest = pageDigest(page);
    const answer = this.#client.answerTo(digest);
    if (answer === undefined) throw new AskPerson({ kind: 'page', digest, page });
    return answer === 'yes';
  }

  /** Whether somebody has said yes to exactly this. Throws where a person has said no. */
  async #isSaid(digest: string, request: YesRequest): Promise<boolean> {
    const answer = this.#client?.answerTo(digest);
    if (answer === 'no') throw declined(request);
    const isEnough = request.grade === 'careful' || this.#options.way.formsGiveAuthority;
    if (answer === 'yes' && isEnough && this.#client !== undefined) return this.#once(digest, this.#client);
    if (request.grade === 'careful' && this.#call.takesConfirm) {
      const handle = await this.#openHandle();
      if (handle?.digests.includes(digest)) return this.#once(digest, handle);
    }
    const approval = await this.#options.approvals.spend(digest, this.#call.caller);
    if (approval === undefined) return false;
    this.#spent.push(approval);
    return true;
  }

  /** Answers and handles are good for one run, in whichever process. */
  async #once(digest: string, source: { use(): Promise<boolean> }): Promise<boolean> {
    const used = this.#used.get(source) ?? source.use();
    this.#used.set(source, used);
    if (!(await used)) return false;
    this.#confirmed.add(digest);
    return true;
  }

  #openHandle(): Promise<OpenHandle | undefined> {
    const { confirm } = this.#call;
    this.#handle ??= confirm === undefined ? Promise.resolve(undefined) : this.#handles.open(confirm, this.#call);
    return this.#handle;
  }

  async #previewed(digest: string, request: YesRequest): Promise<AppError> {
    await this.#giveBack();
    const confirm = await this.#handles.seal([...this.#confirmed, digest], this.#call);
    const stale =
      this.#call.confirm === undefined
        ? ''
        : ' The handle that was passed is not for this: it was used, has expired, or belongs to another request.';
    return new AppError('refused', `This needs a confirmation: ${this.#shown(request.summary)}.${stale}`, {
      hint: 'Check the preview. If it is what the person wants, send the same call again with confirm set to error.confirm, within ten minutes.',
      wayToYes: { preview: previewOf(request, this.#options.mask), confirm },
    });
  }

  async #pending(digest: string, request: YesRequest): Promise<AppError> {
    await this.#giveBack();
    const pending = await waitForYes(digest, request, this.#call, this.#options);
    const { way, mask } = this.#options;
    const url = way.pageFor?.(pending, this.#call.caller);
    // Clients that open pages can bring the person there; whether they said yes is seen when the call comes again.
    if (url !== undefined) await this.showPage({ url, message: mask(`Answer the question ${pending} of your agent.`) });
    const wayToYes: WayToYes = { preview: previewOf(request, mask), pending };
    return new AppError('refused', `A person has to say yes to this: ${this.#shown(request.summary)}.`, {
      hint: way.hintFor(pending, this.#call.caller),
      wayToYes,
    });
  }

  /** A call that still has to ask has done nothing: what it took is there for its next run. */
  async #giveBack(): Promise<void> {
    for (const approval of this.#spent.splice(0)) {
      await this.#options.approvals.insert({ ...approval, state: 'approved' }, 0);
    }
  }

  #shown(text: string): string {
    return shownLine(this.#options.mask(text));
  }
}

/** What the caller is shown; the lines alone where the whole would be too long. */
function previewOf({ preview, details }: YesRequest, mask: (text: string) => string): unknown {
  if (preview !== undefined && JSON.stringify(preview).length <= longestPreview) return preview;
  const lines: string[] = [];
  let left = longestPreview;
  for (const line of details) {
    const shown = shownLine(mask(line)).slice(0, 1_000);
    left -= shown.length;
    if (left < 0) return [...lines, `… and ${details.length - lines.length} more`];
    lines.push(shown);
  }
  return lines;
}

function declined({ summary }: YesRequest): AppError {
  return new AppError('refused', `The person did not say yes to this: ${shownLine(summary)}. Nothing was done.`, {
    hint: 'Do not ask for the same again; find out from the person what they want instead.',
  });
}
