import { parserFailure, type TokenPlace } from './query-error.ts';

export interface Token extends TokenPlace {
  readonly kind: 'name' | 'text' | 'number' | 'sign' | 'end';
  /** Value of a text, without quotes and escapes. */
  readonly value: string;
}

const patterns: readonly (readonly [kind: Token['kind'] | 'space', expression: RegExp])[] = [
  ['space', /^(?:\s+|\/\/[^\n]*)/],
  ['text', /^@?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/],
  ['number', /^\d+(?:\.\d+)?/],
  // `in~`, `!contains` and `project-away` are one word each.
  [
    'name',
    /^(?:!?(?:in|has|contains|startswith|endswith)(?:_cs)?~?(?![\w-])|project-away|project-rename|project-keep|project-reorder|mv-expand|mv-apply|make-series|parse-where|[A-Za-z_$][\w$]*)/,
  ],
  ['sign', /^(?:==|=~|!=|!~|<=|>=|[|()[\],.=<>+*/-])/],
];

export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  while (at < query.length) {
    const rest = query.slice(at);
    const found = patterns
      .map(([kind, expression]) => ({ kind, text: expression.exec(rest)?.[0] }))
      .find(({ text }) => text);
    const text = found?.text ?? rest.charAt(0);
    const place = { text, line, column: at - lineStart };
    if (!found) throw parserFailure(place, 'a name, a literal or an operator');
    if (found.kind !== 'space') tokens.push({ kind: found.kind, value: textValueOf(found.kind, text), ...place });
    for (const [index, character] of [...text].entries()) {
      if (character !== '\n') continue;
      line += 1;
      lineStart = at + index + 1;
    }
    at += text.length;
  }
  tokens.push({ kind: 'end', value: '', text: '<EOF>', line, column: at - lineStart });
  return tokens;
}

function textValueOf(kind: string, text: string): string {
  if (kind !== 'text') return text;
  if (text.startsWith('@')) return text.slice(2, -1);
  return text.slice(1, -1).replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
