import { z } from 'zod';
import { AppError } from '../../core/base/errors.ts';

/** One entry of `error.details` of a refused query. */
const detailSchema = z.looseObject({
  code: z.string().catch(''),
  message: z.string().catch(''),
  line: z.number().optional().catch(undefined),
  characterPositionInLine: z.number().optional().catch(undefined),
  token: z.string().optional().catch(undefined),
  expectedToken: z.string().optional().catch(undefined),
  details: z.array(z.unknown()).catch([]),
});

type Detail = z.output<typeof detailSchema>;

const language = 'https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language';

/** A refused query with the place and the word that it was refused for; any other failure as it is. */
export function explainQueryError(error: unknown, query: string): unknown {
  if (!(error instanceof AppError) || error.status !== 400) return error;
  const details = [...detailsIn(error.upstream?.detail, 0)];
  const place = details.find(({ line }) => line !== undefined);
  const reason = details
    .map(({ message }) => message)
    .findLast((message) => message !== '' && !/^ParserFailure/.test(message));
  const { upstream, cause, status } = error;
  const options = { status, cause, ...(upstream === undefined ? {} : { upstream }) };
  if (place === undefined) {
    return new AppError('invalid_argument', `query: ${reason ?? error.message}`, {
      ...options,
      hint: `Correct the query; Resource Graph takes a part of KQL, see ${language}.`,
    });
  }
  const { line = 1, characterPositionInLine: character, token, expectedToken: expected } = place;
  const text = query.split('\n')[line - 1]?.slice(0, 200);
  const where = `line ${line}${character === undefined ? '' : `, character ${character}`}`;
  return new AppError(
    'invalid_argument',
    `query: it cannot be read at ${where}${token === undefined ? '' : `, near ${JSON.stringify(token)}`}.`,
    {
      ...options,
      hint: expected
        ? `Write ${expected} there; Resource Graph takes a part of KQL, see ${language}.`
        : `Correct it there; Resource Graph takes a part of KQL, see ${language}.`,
      detail: {
        line,
        ...(character === undefined ? {} : { character }),
        ...(token === undefined ? {} : { token }),
        ...(text === undefined ? {} : { text }),
      },
    },
  );
}

/** The details of an error, from the outside in. */
function* detailsIn(value: unknown, depth: number): Generator<Detail> {
  const parsed = detailSchema.safeParse(value);
  if (!parsed.success || depth > 5) return;
  if (depth > 0) yield parsed.data;
  for (const inner of parsed.data.details) yield* detailsIn(inner, depth + 1);
}
