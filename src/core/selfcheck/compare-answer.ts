import { isRecord, member } from '../base/guards.ts';
import type { ApiResponse } from '../http/api-client.ts';
import { readUpstreamError } from '../http/upstream-error.ts';
import { type Forms, formAmong, formInWords, formsInWords } from './forms.ts';
import { describeLink, type LinkRule, linkOf } from './next-link.ts';
import type { Aspect, CheckedService, Difference, Expectation, SelfCheck } from './self-check.ts';
import { serviceAnswers } from './service-answers.ts';
import { compareShape } from './shape.ts';
import { codeInWords, costInWords, countInWords } from './vocabulary.ts';

/** An answer as the comparison gets it. */
export type ComparedAnswer = Pick<ApiResponse, 'status' | 'headers' | 'body' | 'links' | 'url'>;

/** What was seen of an answer: forms, counts and codes, never a value of the tenant. */
export interface SeenAnswer {
  readonly status: number;
  /** Known codes by name. */
  readonly code?: string;
  /** Costs as they are, other numbers coarsely, other values as their form. */
  readonly headers: Readonly<Record<string, string>>;
  /** How many, coarsely. */
  readonly other_headers: string;
  readonly members?: Readonly<Record<string, string>>;
  /** How many, coarsely: they may be extensions, as many as one tenant has. */
  readonly unknown_members?: string;
  /** Number of items, coarsely. */
  readonly items?: string;
  readonly next_page?: string;
}

export interface AnswerComparison {
  readonly seen: SeenAnswer;
  readonly differences: readonly Difference[];
}

/** Compares an answer with what the check assumes. `ids` are those that were sent, which the service is to repeat. */
export function compareAnswer(check: SelfCheck, answer: ComparedAnswer, ids: readonly string[]): AnswerComparison {
  const { expect, about, request } = check;
  const differences = [
    ...compareStatus(expect, answer, about),
    ...compareCode(check, answer),
    ...compareItems(expect, answer),
    ...compareAbsent(expect, answer, about),
  ];
  const headers = compareHeaders(request.service, expect, answer, ids);
  const isAsExpected = statusesOf(expect).includes(answer.status);
  const body = isAsExpected && request.method !== 'HEAD' ? compareBody(check, answer) : undefined;
  const link = isAsExpected ? compareLink(request.service, expect, answer) : undefined;
  const code = readCode(request.service, answer);
  const items = itemsOf(answer.body);
  return {
    seen: {
      status: answer.status,
      ...(code === '' ? {} : { code: codeInWords(code) }),
      ...headers.seen,
      ...body?.seen,
      ...(items === undefined ? {} : { items: countInWords(items.length) }),
      ...(link === undefined ? {} : { next_page: link.seen }),
    },
    differences: [...differences, ...headers.differences, ...(body?.differences ?? []), ...(link?.differences ?? [])],
  };
}

export function statusesOf({ status = 200 }: Expectation): readonly number[] {
  return typeof status === 'number' ? [status] : status;
}

function compareStatus(expect: Expectation, { status }: ComparedAnswer, about: Aspect): readonly Difference[] {
  const assumed = statusesOf(expect);
  if (assumed.includes(status)) return [];
  // A list that is refused is no difference of its shape.
  const kind = about === 'shape' || about === 'header' || about === 'throttle' ? 'code' : about;
  return [{ about: kind, what: 'status', assumed: assumed.join(' or '), seen: String(status) }];
}

function compareCode({ expect: { codes }, about, request }: SelfCheck, answer: ComparedAnswer): readonly Difference[] {
  if (codes === undefined || answer.status < 400) return [];
  const code = readCode(request.service, answer);
  if (codes.includes(code)) return [];
  return [{ about, what: 'error code', assumed: codes.join(' or '), seen: codeInWords(code) }];
}

/** The code of a refusal, wherever the service puts it. */
export function readCode(service: CheckedService, { status, body, headers }: ComparedAnswer): string {
  if (status < 400) return '';
  const { code } = readUpstreamError(body);
  const { codeHeader } = serviceAnswers[service];
  const inHeader = codeHeader === undefined ? '' : (headers[codeHeader] ?? '');
  const inXml = typeof body === 'string' ? (/<Code>([A-Za-z0-9]{1,80})<\/Code>/.exec(body)?.[1] ?? '') : '';
  return inHeader || code || inXml;
}

export function itemsOf(body: unknown): readonly unknown[] | undefined {
  const items = [member(body, 'value'), member(body, 'data'), member(body, 'responses')].find(Array.isArray);
  return Array.isArray(items) ? items : undefined;
}

function compareItems({ atMost }: Expectation, { body }: ComparedAnswer): readonly Difference[] {
  const count = itemsOf(body)?.length ?? 0;
  if (atMost === undefined || count <= atMost) return [];
  return [{ about: 'paging', what: 'items of the page', assumed: `at most ${atMost}`, seen: countInWords(count) }];
}

function compareAbsent({ absent = [] }: Expectation, { body }: ComparedAnswer, about: Aspect): readonly Difference[] {
  return absent
    .filter((name) => isRecord(body) && Object.hasOwn(body, name))
    .map((what) => ({ about, what, assumed: 'absent', seen: 'present' }));
}

const throttling = /ratelimit|resource-unit|throttle|quota|retry-after/;

type HeaderComparison = {
  readonly seen: Pick<SeenAnswer, 'headers' | 'other_headers'>;
  readonly differences: readonly Difference[];
};

function compareHeaders(
  service: CheckedService,
  { headers: own = {} }: Expectation,
  { headers, status }: ComparedAnswer,
  ids: readonly string[],
): HeaderComparison {
  const assumed = Object.entries({ ...serviceAnswers[service].headers, ...(status < 400 ? own : {}) });
  // What a check is about takes the place of what may be in every answer.
  const byName = new Map(assumed.map(([given, forms]) => [given.replace(/\?$/, ''), { given, forms }] as const));
  const compared = Array.from(byName.values(), ({ given, forms }) => compareHeader(given, forms, { headers, ids }));
  const known = new Set(compared.map(({ name }) => name));
  return {
    seen: {
      headers: Object.fromEntries(compared.flatMap(({ name, seen }) => (seen === undefined ? [] : [[name, seen]]))),
      other_headers: countInWords(Object.keys(headers).filter((name) => !known.has(name)).length),
    },
    differences: compared.flatMap(({ difference }) => difference ?? []),
  };
}

interface HeaderContext {
  readonly headers: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
}

function compareHeader(given: string, forms: Forms, { headers, ids }: HeaderContext) {
  const name = given.replace(/\?$/, '');
  const about = throttling.test(name) ? ('throttle' as const) : ('header' as const);
  const assumed = forms === 'echo' ? 'the id that was sent' : formsInWords(forms);
  const value = headers[name];
  if (value === undefined) {
    const difference = { about, what: name, assumed, seen: 'absent' };
    return { name, seen: undefined, difference: given.endsWith('?') ? undefined : difference };
  }
  const form = formOfHeader(forms, value, ids);
  if (form === undefined) {
    const seen = costInWords(name, value) ?? 'another text';
    return { name, seen, difference: { about, what: name, assumed, seen } };
  }
  const isNumber = form === 'digits' || form === 'decimal';
  // What is left, and until when, would tell when the report was made, and by whom.
  const seen = costInWords(name, value) ?? (isNumber ? countInWords(Math.floor(Number(value))) : formInWords(form));
  return { name, seen, difference: undefined };
}

function formOfHeader(forms: Forms, value: string, ids: readonly string[]): string | undefined {
  if (forms !== 'echo') return formAmong(forms, value);
  return ids.includes(value) ? 'the id that was sent' : undefined;
}

function compareBody(
  { expect: { body: shape, status }, about, request: { service } }: SelfCheck,
  { body, status: answered }: ComparedAnswer,
): { seen: Pick<SeenAnswer, 'members' | 'unknown_members'>; differences: readonly Difference[] } | undefined {
  const assumed = shape ?? (status !== undefined && answered >= 400 ? serviceAnswers[service].error : undefined);
  if (assumed === undefined) return undefined;
  const { members, unknownMembers, mismatches } = compareShape(assumed, body);
  return {
    seen: { ...(Object.keys(members).length === 0 ? {} : { members }), unknown_members: countInWords(unknownMembers) },
    // What an advanced query lacks in its answer is about the query.
    differences: mismatches.map((mismatch) => ({ about: about === 'advanced' ? about : 'shape', ...mismatch })),
  };
}

function compareLink(
  service: CheckedService,
  { nextBy }: Expectation,
  answer: ComparedAnswer,
): { seen: string; differences: readonly Difference[] } | undefined {
  const rule: LinkRule | undefined = serviceAnswers[service].link;
  if (nextBy === undefined || rule === undefined) return undefined;
  const link = linkOf(rule, answer);
  if (link === undefined) return { seen: 'absent', differences: [] };
  const { words, isAsAssumed } = describeLink(link, { rule, nextBy, answeredBy: answer.url });
  const assumed = `absolute, same host, by ${nextBy.join(' or ')}${rule.keepsVersion ? ', with api-version' : ''}`;
  const difference = { about: 'paging' as const, what: 'next page', assumed, seen: words };
  return { seen: words, differences: isAsAssumed ? [] : [difference] };
}

/** Texts at `value.0.id` or `value.*.id` of a body. */
export function textsAt(body: unknown, path: string): readonly string[] {
  const found = path.split('.').reduce<readonly unknown[]>((values, name) => values.flatMap(stepInto(name)), [body]);
  return found.filter((value) => typeof value === 'string');
}

function stepInto(name: string) {
  return (value: unknown): readonly unknown[] => {
    if (!Array.isArray(value)) return [member(value, name)];
    return name === '*' ? value : [value[Number(name)]];
  };
}
