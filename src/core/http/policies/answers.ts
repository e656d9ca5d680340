import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { CallContext } from '../../base/call-context.ts';
import { isRecord, member, textOf } from '../../base/guards.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { type AnswerRule, findAnswerRule, resourceTypeOf } from '../../secrets/answers/answer-rules.ts';
import {
  type AskedAddresses,
  type FoundInAnswer,
  type MaskedAnswer,
  maskAnswer,
} from '../../secrets/answers/mask-answer.ts';
import { createSecretScent, type SecretScent } from '../../secrets/answers/may-hold-secrets.ts';
import { secretMark } from '../../secrets/answers/secret-shapes.ts';
import { sentSecrets } from '../../secrets/answers/sent-secrets.ts';
import { type KnownSecrets, Secret } from '../../secrets/secret.ts';
import type { SecretKeeper } from '../../secrets/secret-keeper.ts';
import { type Answer, answerOf, type Exchange, exchangeOf } from '../exchange.ts';
import { itemLink } from '../page.ts';

export interface AnswersOptions {
  /** Name of the API. */
  readonly api: string;
  /** Stores what an answer hands out. Without it, such secrets are masked. */
  readonly keeper?: SecretKeeper | undefined;
  /** The operator wants to see the secrets of answers. */
  readonly reveal?: boolean | undefined;
  /** Values that nothing may show: masked before anything can turn or cut them. */
  readonly known?: Pick<KnownSecrets, 'mask' | 'isIn'> | undefined;
  /** The app that an object of the directory signs in as, where its secrets are kept. */
  readonly findApp?: ((resource: string, call: CallContext) => Promise<string | undefined>) | undefined;
}

/** Kept secrets of one answer; more are masked. */
const mostKept = 50;

/**
 * Takes the secrets out of an answer before anything of ours reads it, but for requests that need them (`reveals`) and
 * for those of other clients, whose program they belong to.
 */
export function answersPolicy(options: AnswersOptions): PipelinePolicy {
  const scent = createSecretScent(options.api);
  return {
    name: 'answers',
    async sendRequest(request, next) {
      const response = await next(request);
      const exchange = exchangeOf(request);
      const answer = answerOf(exchange);
      // A refusal becomes part of an error, even for requests that need the secrets.
      const isNeeded = exchange.request.reveals === true && answer.status < 400;
      if (options.reveal === true || exchange.isPassedOn || isNeeded) return response;
      exchange.answer = await new AnswerReader(options, scent, exchange).read(answer);
      return response;
    },
  };
}

/** A request, or an item of a batch. */
interface Asked {
  readonly method: string;
  readonly path: string;
  /** Decoded values by name. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

class AnswerReader {
  readonly #options: AnswersOptions;
  readonly #scent: SecretScent;
  readonly #exchange: Exchange;

  constructor(options: AnswersOptions, scent: SecretScent, exchange: Exchange) {
    this.#options = options;
    this.#scent = scent;
    this.#exchange = exchange;
  }

  async read(answer: Answer): Promise<Answer> {
    const { body } = answer;
    if (body === undefined) return answer;
    const { described, request } = this.#exchange;
    const asked: Asked = {
      method: described.method,
      path: described.wirePath,
      query: described.query,
      body: request.body,
    };
    const items = batchItems(this.#options.api, asked);
    const value = items === undefined ? await this.#readOne(asked, answer) : await this.#readBatch(items, answer);
    if (value === body) return answer;
    const links = items === undefined ? hiddenLinks(body, value) : hiddenItemLinks(body, value);
    const { json: _, ...rest } = answer;
    return { ...rest, body: value, ...withoutUndefined({ links }) };
  }

  async #readOne(asked: Asked, { body, json, status }: Answer): Promise<unknown> {
    const rule = this.#ruleOf(asked);
    const given = this.#exchange.request.secrets?.map((secret) => secret.reveal()) ?? [];
    const sent = asked.method === 'GET' ? [] : sentSecrets(asked.body, given);
    if (rule === undefined && json !== undefined && !this.#isSuspect(body, json, sent)) return body;
    return this.#mask(body, { asked, rule, sent, isFailure: status >= 400 });
  }

  #isSuspect(body: unknown, json: Buffer, sent: readonly string[]): boolean {
    return (
      this.#scent.mayHoldSecrets(body, json) ||
      sent.some((secret) => json.includes(secret)) ||
      this.#options.known?.isIn(json) === true
    );
  }

  /** The rule of the request itself, or of the one whose page or outcome this is. */
  #ruleOf({ method, path, body }: Asked): AnswerRule | undefined {
    const { api } = this.#options;
    const { answersTo } = this.#exchange.request;
    const own = findAnswerRule({ api, method, path, body });
    return own ?? (answersTo && findAnswerRule({ api, method: answersTo.method, path: answersTo.path }));
  }

  async #readBatch(items: BatchItems, { body, json }: Answer): Promise<unknown> {
    const asked = [...items.requests.values()];
    const isPlain = asked.every((one) => this.#ruleOf(one) === undefined);
    const sent = asked.flatMap((one) => (one.method === 'GET' ? [] : sentSecrets(one.body)));
    const hasAddress = json?.includes('ocation"') === true;
    if (isPlain && json !== undefined && !hasAddress && !this.#isSuspect(body, json, sent)) return body;
    const responses = isRecord(body) ? body['responses'] : body;
    const unread = { asked: noRequest, rule: undefined, sent, isFailure: true };
    if (!Array.isArray(responses)) return this.#mask(body, unread);
    const read: unknown[] = [];
    for (const [index, response] of responses.entries()) {
      read.push(await this.#readItem(response, items.requests.get(items.keyOf(response, index)) ?? noRequest));
    }
    return isRecord(body) ? { ...body, responses: read } : read;
  }

  async #readItem(response: unknown, asked: Asked): Promise<unknown> {
    if (!isRecord(response)) return response;
    const status = Number(response['status'] ?? response['httpStatusCode']) || 0;
    const part = 'content' in response && !('body' in response) ? 'content' : 'body';
    const { [part]: body, ...others } = response;
    const rest = { ...others, ...hiddenLocation(others['headers'], this.#exchange.url) };
    const sent = asked.method === 'GET' ? [] : sentSecrets(asked.body);
    const about = { asked, sent, isFailure: status >= 400 || asked === noRequest };
    const head = await this.#mask(rest, { ...about, rule: undefined, isFailure: true });
    const masked = await this.#mask(body, { ...about, rule: this.#ruleOf(asked) });
    return isRecord(head) ? { ...head, ...(part in response ? { [part]: masked } : {}) } : head;
  }

  async #mask(body: unknown, about: AboutAnswer): Promise<unknown> {
    const { api, known } = this.#options;
    const { asked, rule, sent, isFailure } = about;
    const type = api === 'arm' ? resourceTypeOf(asked.path) : '';
    const addresses = this.#addressesOf(asked);
    const masked = maskAnswer(body, { api, rule, isFailure, type, sent, asked: addresses, known: known?.mask });
    const names = rule === undefined ? 0 : await this.#keep(masked.kept, rule);
    this.#note(masked, names);
    return masked.value;
  }

  #addressesOf({ method, path, query }: Asked): AskedAddresses {
    const { answersTo } = this.#exchange.request;
    const wanted = [query['$select'], query['$expand'], answersTo?.params?.['$select'], answersTo?.params?.['$expand']]
      .concat(answersTo?.path.includes('?') ? decodeLoosely(answersTo.path.slice(answersTo.path.indexOf('?'))) : '')
      .map((one) => textOf(one).toLowerCase())
      .join(' ');
    const isAboutThumbnails = /\/thumbnails(?:\/|$)/i.test(path);
    return {
      download: wanted.includes('downloadurl'),
      upload:
        wanted.includes('uploadurl') ||
        (method !== 'GET' && /\/(?:microsoft\.graph\.)?createuploadsession$/i.test(path)),
      thumbnails: isAboutThumbnails ? '$select' in query : /thumbnails\s*\([^)]*\$select/.test(wanted),
      isAboutThumbnails,
    };
  }

  /** Stores what may be stored, and puts the names in its place. Resolves with how many have one. */
  async #keep(found: readonly FoundInAnswer[], rule: AnswerRule): Promise<number> {
    const { keeper, findApp } = this.#options;
    if (keeper === undefined || found.length === 0) return 0;
    const { resource } = rule;
    const appId = await findApp?.(resource, this.#exchange.call).catch(() => undefined);
    let names = 0;
    for (const { text, member, expiresAt, replace } of found.slice(0, mostKept)) {
      const secret = { secret: new Secret(text), source: 'kept' as const, resource, member };
      try {
        const name = await keeper.keep(
          { ...secret, ...withoutUndefined({ appId, expiresAt }) },
          this.#exchange.call.caller.id,
        );
        if (name === undefined) continue;
        replace({ secret: name });
        names += 1;
      } catch {
        // What the call did is done: its answer must arrive, with a mark instead of the name.
        this.#exchange.call.note(
          'A secret of the answer could not be stored: it is masked, and nobody can read it back.',
        );
      }
    }
    return names;
  }

  #note({ kept, isMasked, leftOut }: MaskedAnswer, names: number): void {
    const { call } = this.#exchange;
    if (names > 0) {
      call.note('Secrets of the answer are kept: { "secret": "name" } stands for each. Only the person can see them.');
    }
    const canKeep = this.#options.keeper !== undefined;
    if (isMasked && (kept.length === 0 || !canKeep)) {
      call.note('Secrets of the answer are masked as [secret]; nothing of them is stored.');
    } else if (kept.length > names) {
      call.note('A secret of the answer is masked and was not kept: nothing more can be stored for this connection.');
    }
    if (leftOut > 0) {
      call.note(
        'Addresses that open files without sign-in were left out: name them in $select, e.g. @microsoft.graph.downloadUrl.',
      );
    }
  }
}

interface AboutAnswer {
  readonly asked: Asked;
  readonly rule: AnswerRule | undefined;
  readonly sent: readonly string[];
  readonly isFailure: boolean;
}

/** For an answer that belongs to no request of ours: nothing of it is kept or handed on. */
const noRequest: Asked = { method: 'GET', path: '', query: {}, body: undefined };

/** The requests inside a batch, and how its answer names them. */
interface BatchItems {
  readonly requests: ReadonlyMap<string, Asked>;
  keyOf(response: unknown, index: number): string;
}

/** `$batch` of Graph, and the batch of Resource Manager; undefined for any other request. */
function batchItems(api: string, { method, path, body }: Asked): BatchItems | undefined {
  const isGraph = api === 'graph' && path.toLowerCase().endsWith('/$batch');
  if (method !== 'POST' || !(isGraph || (api === 'arm' && path.toLowerCase() === '/batch'))) return undefined;
  const requests = isRecord(body) && Array.isArray(body['requests']) ? body['requests'].filter(isRecord) : [];
  const key = isGraph ? 'id' : 'name';
  const keyOf = (one: unknown, index: number) => (isRecord(one) ? textOf(one[key]).toLowerCase() : '') || `#${index}`;
  return { keyOf, requests: new Map(requests.map((one, index) => [keyOf(one, index), askedBy(one)])) };
}

function askedBy(item: Readonly<Record<string, unknown>>): Asked {
  const url = textOf(item['url']) || textOf(item['relativeUrl']);
  const at = url.indexOf('?');
  const path = (at < 0 ? url : url.slice(0, at)).replace(/^https?:\/\/[^/]+/i, '');
  return {
    method: (textOf(item['method']) || textOf(item['httpMethod']) || 'GET').toUpperCase(),
    path: path.startsWith('/') ? path : `/${path}`,
    query: at < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(at + 1))),
    body: item['body'] ?? item['content'],
  };
}

/** Links to the next page that were masked, as the service wrote them. */
function hiddenLinks(before: unknown, after: unknown): Readonly<Record<string, string>> | undefined {
  if (!isRecord(before) || !isRecord(after)) return undefined;
  const hidden = Object.entries(before).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && /(?:next|delta)link$/i.test(entry[0]) && after[entry[0]] !== entry[1],
  );
  return hidden.length === 0 ? undefined : Object.fromEntries(hidden);
}

/** The same for the items of a batch, with the id of the item in front of the name. */
function hiddenItemLinks(before: unknown, after: unknown): Readonly<Record<string, string>> | undefined {
  const items = (body: unknown) => (isRecord(body) && Array.isArray(body['responses']) ? body['responses'] : []);
  const masked = items(after);
  const found = items(before).flatMap((item, index) => {
    const links = hiddenLinks(member(item, 'body'), member(masked[index], 'body')) ?? {};
    return Object.entries(links).map(([name, link]) => [itemLink(textOf(member(item, 'id')), name), link] as const);
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Files and monitors on other hosts open without a token, whatever their address looks like: only the host is told. */
function hiddenLocation(headers: unknown, requestUrl: string): Readonly<Record<string, unknown>> {
  if (!isRecord(headers)) return {};
  const own = URL.parse(requestUrl)?.host;
  const shown = Object.entries(headers).map(([name, value]) => {
    const isAddress = /^(?:operation-|content-)?location$/i.test(name) && typeof value === 'string';
    const url = isAddress ? URL.parse(value, requestUrl) : null;
    return [name, url === null || url.host === own ? value : `${url.origin}/${secretMark}`] as const;
  });
  return { headers: Object.fromEntries(shown) };
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
