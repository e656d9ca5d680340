import {
  type GetPromptRequest,
  type GetPromptResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import { shownLine, shownText } from '../core/base/clean-text.ts';
import type { PromptDefinition, PromptValues } from '../resources/prompts/define-prompt.ts';
import { prompts } from '../resources/prompts.ts';

/** A resource as `resources/read` answers it. */
interface ReadText {
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
}

/** Checklists that one prompt brings along; beyond it the model reads them. */
const mostChecklists = 5;

/**
 * The messages of a prompt: its steps, then the checklist of each connection that it is about, as a resource of its own.
 * `readChecklist` resolves undefined where there is no such connection.
 */
export async function getPrompt(
  { name, arguments: given = {} }: GetPromptRequest['params'],
  readChecklist: (connection: string) => Promise<ReadText | undefined>,
): Promise<GetPromptResult> {
  const prompt = prompts.find((one) => one.name === name);
  if (!prompt) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${shownLine(name.slice(0, 100))}`);
  }
  const values = readValues(prompt, given);
  const about = prompt.about(values).slice(0, mostChecklists);
  const checklists = await Promise.all(about.map(readChecklist));
  return {
    description: prompt.description,
    messages: [
      { role: 'user', content: { type: 'text', text: shownText(prompt.steps(values).join('\n')) } },
      ...checklists.flatMap((resource) =>
        resource === undefined ? [] : [{ role: 'user' as const, content: { type: 'resource' as const, resource } }],
      ),
    ],
  };
}

/** What is blank counts as left out, since hosts show a field for each argument. */
function readValues(prompt: PromptDefinition, given: PromptValues): PromptValues {
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value.trim() !== ''));
  const missing = prompt.arguments.find((one) => one.required && values[one.name] === undefined);
  if (missing) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Prompt ${prompt.name} needs the argument ${missing.name}.`,
    );
  }
  return values;
}
