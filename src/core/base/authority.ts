import { AppError } from './errors.ts';

/**
 * Who speaks. The `operator` is the person at the terminal, or the program that embeds the library; an `agent` is
 * everything that arrives over MCP, and what a program passes on for a model.
 */
export type Actor = 'agent' | 'operator';

/** Where a call came in. */
export type Channel = 'stdio' | 'http' | 'terminal' | 'library';

/**
 * How much a yes weighs. `careful` guards against mistakes: without a person at hand, a handle for exactly this request
 * confirms it. `authority` widens what somebody may do: only a person, or the configuration, says yes to it.
 */
export type Grade = 'careful' | 'authority';

/** Something that a call may do only after a yes. */
export interface YesRequest {
  readonly grade: Grade;
  /** One sentence of ours for the person, such as "Delete 12 users of `contoso`". Names stand in backticks. */
  readonly summary: string;
  /** What exactly would happen, line by line: requests, or `field: from -> to`. Names stand in backticks. */
  readonly details: readonly string[];
  /** Name of the connection that it is done with or to. */
  readonly connection?: string;
  /** Set where only an agent has to ask: for an operator, the call itself is the yes. */
  readonly guards?: 'agent';
  /** For `careful`: what the error shows as `preview` where no person can be asked. No secrets. */
  readonly preview?: unknown;
}

/** A one-time page that a person is to open. */
export interface PersonPage {
  readonly url: string;
  /** One sentence of ours that says what the page asks for. */
  readonly message: string;
}

/** What a call may decide by itself, and how it reaches the person behind it. */
export interface Authority {
  readonly actor: Actor;
  readonly channel: Channel;
  /**
   * Resolves once a person, or the configuration, has said yes to exactly this call. Otherwise throws: `refused` with
   * the way to get a yes, or a signal that the dispatcher turns into a question to the client. The handler then runs
   * again from the top, so ask before anything is changed. The same request asks once in a call.
   */
  requireYes(request: YesRequest): Promise<void>;
  /**
   * Asks the client to open a page for the person; resolves false where it cannot, or the person does not want to. Never
   * for a yes. The handler may run again from the top: a page with the same message counts as the same, so its address has
   * to stay the same as well.
   */
  showPage(page: PersonPage): Promise<boolean>;
}

/** The person at the terminal, or a program that embeds the library: their call is their yes. */
export function operatorAt(channel: Channel): Authority {
  return { actor: 'operator', channel, requireYes: async () => undefined, showPage: async () => false };
}

/** What several steps of one task have to ask, put to the person as one question. */
export interface GatheredYes {
  /** Takes every request without asking. Nothing may be changed before `ask` has resolved. */
  readonly authority: Authority;
  /** Asks once for everything that was taken; asks nothing where there was nothing. */
  ask(): Promise<void>;
}

export function gatherYes(authority: Authority): GatheredYes {
  const taken: YesRequest[] = [];
  return {
    authority: { ...authority, requireYes: async (request) => void taken.push(request) },
    async ask() {
      const open = authority.actor === 'agent' ? taken : taken.filter(({ guards }) => guards !== 'agent');
      const [first, ...others] = open;
      if (first === undefined) return;
      await authority.requireYes(others.length === 0 ? first : joined(first, others));
    },
  };
}

function joined(first: YesRequest, others: readonly YesRequest[]): YesRequest {
  const all = [first, ...others];
  const { guards: _guards, ...kept } = first;
  return {
    ...kept,
    grade: all.some(({ grade }) => grade === 'authority') ? 'authority' : 'careful',
    details: [...first.details, ...others.flatMap(({ summary, details }) => [summary, ...details])],
    ...(all.every(({ guards }) => guards === 'agent') ? { guards: 'agent' as const } : {}),
  };
}

/** The same authority, and what was said yes to through it. */
export function recordYes(authority: Authority): {
  readonly authority: Authority;
  readonly granted: readonly YesRequest[];
} {
  const granted: YesRequest[] = [];
  return {
    granted,
    authority: {
      ...authority,
      async requireYes(request) {
        await authority.requireYes(request);
        granted.push(request);
      },
    },
  };
}

/**
 * The authority of work that goes on when its call has ended: what was said yes to in the call holds, word for word, and
 * nobody can be asked for more.
 */
export function limitedTo(granted: readonly YesRequest[], channel: Channel): Authority {
  const known = new Set(granted.map((request) => JSON.stringify(request)));
  return {
    actor: 'agent',
    channel,
    async requireYes(request) {
      if (known.has(JSON.stringify(request))) return;
      throw new AppError('refused', `A person has to say yes to this first: ${request.summary}.`, {
        hint: 'Ask the person who runs Tenantry to do it at the terminal, with tenantry connections complete.',
      });
    },
    showPage: async () => false,
  };
}
