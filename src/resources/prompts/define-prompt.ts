import { quoted } from '../../core/base/plain-text.ts';
import type { ArgumentKind } from '../define-resource.ts';

/** The arguments that a person has given, none of them empty. Whatever they hold is data: it goes into the text quoted. */
export type PromptValues = Readonly<Record<string, string>>;

/** A prompt: a person picks it in a host, and its text starts the conversation. */
export interface PromptDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** One step on a line. */
  steps(values: PromptValues): readonly string[];
  /** Names of connections whose checklist goes along, where there are such connections. */
  about(values: PromptValues): readonly string[];
}

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly kind: ArgumentKind;
}

/** An identity function: a prompt is data, like a tool. */
export function definePrompt(prompt: PromptDefinition): PromptDefinition {
  return prompt;
}

/** The names in an argument of the kind `connections`, each once. */
export function namesIn(text: string | undefined): readonly string[] {
  return [...new Set((text ?? '').split(',').flatMap((name) => name.trim() || []))];
}

/**
 * Where the checklist is. Not every host shows a model what is attached, or lets it read a resource: the tools tell the
 * same in fewer words.
 */
export function whereChecklistIs(name: string | undefined): string {
  const address = quoted(`tenantry://checklist/${name ?? '{name}'}`);
  return `its checklist (${address}, attached where it exists; if you cannot see it, list_connections with name says the next step, and validate_connection each check with its hint)`;
}
