import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ListedTool, listTools } from '../src/server/list-tools.ts';
import { tools } from '../src/tools/registry.ts';
import { createSearch } from './support/bm25.ts';
import { nodesIn } from './support/schema-nodes.ts';

// Hosts with many tools show a model only those that a search by words finds, and people do not know our names.

/** Names, descriptions and values of all parameters. */
function textOf(inputSchema: unknown): string {
  return [...nodesIn(inputSchema)]
    .flatMap(({ schema: { properties, description, enum: values } }) => [
      ...Object.keys(properties ?? {}),
      ...(typeof description === 'string' ? [description] : []),
      ...(Array.isArray(values) ? values : []),
    ])
    .join(' ');
}

/** Weighted as in LiveKit's search: names three times, descriptions twice, parameters once. */
function searchedIn({ name, title, description, inputSchema }: ListedTool) {
  const fields = [
    { text: `${name} ${title}`, weight: 3 },
    { text: description, weight: 2 },
    { text: textOf(inputSchema), weight: 1 },
  ];
  return { key: name, fields };
}

/** The phrasings of `prompts.md`, each with the tool under which it stands. */
function promptsIn(markdown: string): readonly { readonly tool: string; readonly phrase: string }[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const [tool = '', ...lines] = section.split('\n');
    return lines.filter((line) => line.startsWith('- ')).map((line) => ({ tool, phrase: line.slice(2) }));
  });
}

const prompts = promptsIn(readFileSync(new URL('prompts.md', import.meta.url), 'utf8'));
const search = createSearch(listTools(tools).map(searchedIn));
const found = prompts.map(({ tool, phrase }) => {
  const [first, second, third] = search(phrase);
  return { tool, phrase, first, firstThree: [first, second, third] };
});

test('every tool, and nothing else, has four phrasings or more', () => {
  const counts = new Map<string, number>();
  for (const { tool } of prompts) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  expect([...counts.keys()].sort()).toEqual(tools.map(({ name }) => name).sort());
  for (const [tool, count] of counts) expect(count, tool).toBeGreaterThanOrEqual(4);
});

test('the right tool is among the first three for every phrasing', () => {
  expect(found.filter(({ tool, firstThree }) => !firstThree.includes(tool))).toEqual([]);
});

test('the right tool is the first for at least 95 % of the phrasings', () => {
  const missed = found.filter(({ tool, first }) => tool !== first);
  expect(1 - missed.length / found.length, JSON.stringify(missed, null, 1)).toBeGreaterThanOrEqual(0.95);
});
