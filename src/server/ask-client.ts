import { randomBytes, randomUUID } from 'node:crypto';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import {
  type ClientAnswers,
  isPage,
  type PersonQuestion,
  questionLifeMs,
  type SealedQuestion,
} from '../core/policy/asking/question.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The talk with the person behind one call. */
export interface Conversation {
  readonly answers: ClientAnswers;
  /**
   * Puts a question. Clients of the newer family get a result that asks, and call again. Those of the older one are asked
   * while the call waits: resolves undefined once they have answered, and the call can run again.
   */
  ask(question: PersonQuestion): Promise<InputRequiredResult | undefined>;
}

export interface ConversationOptions {
  readonly context: ServerContext;
  /** What a client of the older family declared when it began; undefined where there is no session to ask on. */
  readonly declared: ClientCapabilities | undefined;
  /** What a question is bound to: the caller, the tool and its arguments. */
  readonly binding: () => unknown;
  readonly runtime: Pick<Runtime, 'questions' | 'approvals' | 'clock'>;
}

/**
 * Begins the talk, with the answers that the request brings. Throws a protocol error when the state that came with them is
 * not ours, or not for exactly this call.
 */
export async function openConversation(options: ConversationOptions): Promise<Conversation> {
  // The type of the envelope has its fields under an index of constants; the value is what the client sent.
  const envelope = options.context.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  return envelope?.[PROTOCOL_VERSION_META_KEY] === undefined
    ? talkDuringCall(options)
    : talkBetweenCalls(options, envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined);
}

/** A bare declaration is one of forms: that is what it meant before there were pages. */
function modesOf(capabilities: ClientCapabilities | undefined): Pick<ClientAnswers, 'form' | 'url'> {
  const elicitation = capabilities?.elicitation;
  if (elicitation === undefined) return { form: false, url: false };
  const url = elicitation.url !== undefined;
  return { url, form: elicitation.form !== undefined || !url };
}

/** The older family: questions are requests on the stream of the call. */
function talkDuringCall({ context, declared }: ConversationOptions): Conversation {
  const given = new Map<string, 'yes' | 'no'>();
  return {
    answers: { ...modesOf(declared), answerTo: (digest) => given.get(digest), use: async () => true },
    async ask(question) {
      const params = { ...paramsOf(question), ...(question.kind === 'page' ? { elicitationId: randomUUID() } : {}) };
      const { signal } = context.mcpReq;
      const answer = await context.mcpReq
        .send({ method: 'elicitation/create', params }, { timeout: questionLifeMs, signal })
        .catch(() => {
          // The client refused to ask, went away, or nobody answered in time: none of it is a yes.
          return { action: 'cancel' as const, content: undefined };
        });
      given.set(question.digest, isYes(question.digest, answer.action, answer.content) ? 'yes' : 'no');
      return undefined;
    },
  };
}

/** The newer family: the answer comes with another request, and what it answers is sealed into the state between them. */
async function talkBetweenCalls(
  { context, binding, runtime }: ConversationOptions,
  capabilities: ClientCapabilities | undefined,
): Promise<Conversation> {
  // Most calls ask nothing, and arguments may be large.
  const purpose = () => ['question', binding()];
  const { questions, approvals, clock } = runtime;
  const state = await openState(context, questions, purpose);
  const given = new Map<string, 'yes' | 'no'>((state?.answered ?? []).map((digest) => [digest, 'yes']));
  if (state !== undefined) {
    const view = inputResponse(context.mcpReq.inputResponses, state.id);
    if (view.kind === 'elicit') given.set(state.asked, isYes(state.asked, view.action, view.content) ? 'yes' : 'no');
  }
  return {
    answers: {
      ...modesOf(capabilities),
      answerTo: (digest) => given.get(digest),
      use: async () => state !== undefined && approvals.useUp(state.id, clock.now() + questionLifeMs),
    },
    async ask(question) {
      const id = `q${randomBytes(9).toString('base64url')}`;
      const answered = [...given].flatMap(([digest, answer]) => (answer === 'yes' ? [digest] : []));
      const sealed = await questions.seal({ id, asked: question.digest, answered }, purpose());
      const params = paramsOf(question);
      const request = params.mode === 'url' ? inputRequired.elicitUrl(params) : inputRequired.elicit(params);
      return inputRequired({ inputRequests: { [id]: request }, requestState: sealed });
    },
  };
}

/** Undefined when there is none, or its question is too old: then it is asked again. */
async function openState(
  { mcpReq }: ServerContext,
  questions: Runtime['questions'],
  purpose: () => unknown,
): Promise<SealedQuestion | undefined> {
  const text: unknown = mcpReq.requestState();
  if (text === undefined) return undefined;
  const opened = typeof text === 'string' ? await questions.open(text, purpose()) : undefined;
  if (opened === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState', {
      reason: 'invalid_request_state',
    });
  }
  return opened.isExpired ? undefined : opened.content;
}

/** One field that every host can show; no answer is a no. */
const yesForm = {
  type: 'object' as const,
  properties: { yes: { type: 'boolean' as const, title: 'Yes, do it', default: false } },
  required: ['yes'],
};

function paramsOf(question: PersonQuestion) {
  return question.kind === 'page'
    ? { mode: 'url' as const, message: question.page.message, url: question.page.url }
    : { mode: 'form' as const, message: question.message, requestedSchema: yesForm };
}

/** For a page, the yes is to opening it. */
function isYes(asked: string, action: string, content: Readonly<Record<string, unknown>> | undefined): boolean {
  return action === 'accept' && (isPage(asked) || content?.['yes'] === true);
}
