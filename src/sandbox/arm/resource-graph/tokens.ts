import { parserFailure, type TokenPlace } from './query-error.ts';

/** Reads tokens in sequence and knows which columns are available at this point of the query. */
export interface TokenReader {
  peek(): Token;
  next(): Token;
  /** Consumes a symbol if it is the next token. */
  take(sign: string): boolean;
  /** Consumes a word, ignoring case. */
  takeWord(word: string): boolean;
  expect(sign: string): void;
  expectName(): Token;
  columns: ReadonlySet<string>;
}

export function createTokenReader(tokens: readonly Token[], columns: ReadonlySet<string>): TokenReader {
  let at = 0;
  const end = tokens.at(-1) as Token; // the tokenizer ends every list with its end token
  const reader: TokenReader = {
    columns,
    peek: () => tokens[at] ?? end,
    next() {
      const token = tokens[at] ?? end;
      at += 1;
      return token;
    },
    take(sign) {
      const isNext = reader.peek().kind === 'sign' && reader.peek().text === sign;
      if (isNext) at += 1;
      return isNext;
    },
    takeWord(word) {
      const isNext = reader.peek().kind === 'name' && reader.peek().text.toLowerCase() === word;
      if (isNext) at += 1;
      return isNext;
    },
    expect(sign) {
      if (!reader.take(sign)) throw parserFailure(reader.peek(), sign);
    },
    expectName() {
      const token = reader.next();
      if (token.kind !== 'name') throw parserFailure(token, 'a name');
      return token;
    },
  };
  return reader;
}

interface Token extends TokenPlace {
  readonly kind: 'name' | 'text' | 'number' | 'sign' | 'end';
  /** Value of a string, without quotes and escapes. */
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
