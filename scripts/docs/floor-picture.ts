import { type Floor, floors } from '../floors.ts';

/** The floors as a picture, from the same table that the test reads. */
export function floorPicture(): string {
  const lines = floors.map((floor, level) => `  f${level}["<b>${roomsOf(floor)}</b><br>${floor.says}"]`);
  const arrows = floors.slice(1).map((_, level) => `  f${level} --> f${level + 1}`);
  return ['```mermaid', 'flowchart TB', ...lines, ...arrows, '```'].join('\n');
}

function roomsOf({ rooms }: Floor): string {
  return rooms.map((room) => room.replace(/^src\//, '').replace(/\/$/, '')).join(' · ');
}
