import { parserFailure } from './query-error.ts';
import type { Token } from './tokenize.ts';

/** Reads tokens one after the other, and knows which columns there are at this point of the query. */
export interface TokenReader {
  peek(): Token;
  next(): Token;
  /** Takes a sign when it is the next token. */
  take(sign: string): boolean;
  /** Takes a word, in any case. */
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
