import { prompts } from '../../src/resources/prompts.ts';
import { topics } from '../../src/resources/reference.ts';
import { fixedResources, templateResources } from '../../src/resources/resources.ts';
import { table } from './generated-section.ts';

/** Every resource and family of resources. */
export function resourceTable(): string {
  return table(
    ['address', 'what it is'],
    [
      ...fixedResources.map(({ uri, description }) => [`\`${uri}\``, description]),
      ...templateResources.map(({ uriTemplate, description }) => [`\`${uriTemplate}\``, description]),
    ],
  );
}

/** Topics of `tenantry://reference/{topic}`. */
export function topicTable(): string {
  return table(
    ['topic', 'what it has'],
    Object.entries(topics).map(([topic, { title }]) => [`\`${topic}\``, title]),
  );
}

/** One row for each argument of a prompt. */
export function promptTable(): string {
  return table(
    ['prompt', 'argument', 'meaning', 'completed'],
    prompts.flatMap((prompt) =>
      prompt.arguments.map(({ name, required, description, kind }, index) => [
        index === 0 ? `\`${prompt.name}\`: ${prompt.description}` : '',
        required ? `\`${name}\` (required)` : `\`${name}\``,
        description,
        kind === 'text' ? '' : 'yes',
      ]),
    ),
  );
}
