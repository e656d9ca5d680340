import { badRequest, type GraphError } from '../graph-error.ts';

/**
 * Words of a `$search` without quotes: they must consist of letters. Anything else is the service's 400, which names
 * the first character that is not one.
 */
export function unquotedWords(text: string, from = 0): readonly string[] {
  const problem = /[^\p{L}\p{Nl}\s]/u.exec(text.slice(from));
  if (problem) throw invalidCharacter(problem[0], from + problem.index, text);
  return text.slice(from).split(/\s+/).filter(Boolean);
}

function invalidCharacter(character: string, position: number, text: string): GraphError {
  return badRequest(`Syntax error: character '${character}' is not valid at position ${position} in '${text}'.`);
}
