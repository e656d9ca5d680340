import type { NamedExpression, Stage } from './query.ts';

/** Columns that there are after a stage. */
export function columnsAfter(stage: Stage, columns: ReadonlySet<string>): ReadonlySet<string> {
  switch (stage.kind) {
    case 'project':
    case 'distinct':
      return new Set(stage.columns.map(({ name }) => name));
    case 'extend':
      return new Set([...columns, ...stage.columns.map(({ name }) => name)]);
    case 'project-away':
      return new Set([...columns].filter((name) => !stage.names.includes(name)));
    case 'count':
      return new Set(['Count']);
    case 'summarize':
      return new Set([...stage.by.map(({ name }) => name), stage.countName]);
    case 'where':
    case 'sort':
    case 'take':
      return columns;
  }
}

/** Whether rows still have the `id` of their table. */
export function isIdKept(stage: Stage): boolean {
  const isId = ({ name, value }: NamedExpression) =>
    name === 'id' && value.kind === 'column' && value.path.length === 1 && value.path[0] === 'id';
  switch (stage.kind) {
    case 'project':
      return stage.columns.some(isId);
    case 'extend':
      return stage.columns.every((column) => column.name !== 'id');
    case 'project-away':
      return !stage.names.includes('id');
    case 'count':
    case 'summarize':
    case 'distinct':
      return false;
    case 'where':
    case 'sort':
    case 'take':
      return true;
  }
}
