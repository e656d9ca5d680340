import { counted } from '../../core/base/counted.ts';

/** Most connections that a note names. */
const mostNames = 3;

/** The notes of several connections: what is true of all of them is said once. */
export class SharedNotes {
  readonly #notes = new Map<string, Set<string>>();

  add(connection: string, text: string): void {
    const names = this.#notes.get(text) ?? new Set();
    names.add(connection);
    this.#notes.set(text, names);
  }

  /** Tells them, where `connections` were read, and forgets them. */
  tell(connections: number, note: (text: string) => void): void {
    for (const [text, names] of this.#notes) {
      note(names.size >= connections ? text : `${shownNames([...names])}: ${text}`);
    }
    this.#notes.clear();
  }
}

function shownNames(names: readonly string[]): string {
  const others = names.length - mostNames;
  const shown = names.slice(0, mostNames).join(', ');
  return others > 0 ? `${shown} and ${counted(others, 'other')}` : shown;
}
