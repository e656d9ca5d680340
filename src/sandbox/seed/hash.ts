/** Mixes three numbers to 32 well-spread bits (the finalizer of MurmurHash3, run over each). */
export function mix(a: number, b: number, c: number): number {
  let h = 0x9e3779b9;
  for (const part of [a, b, c]) {
    h = Math.imul(h ^ part, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}
