/** More than the arguments of any tool have, with what stands around them: deeper, a walk may run out of stack. */
export const mostLevels = 128;

const [quoteMark, backslash, list, object, endOfList, endOfObject] = Buffer.from('"\\[{]}');

/** Whether JSON is nested deeper than that, by its text alone: whether it is JSON shows later. */
export function isTooDeep(json: Buffer): boolean {
  let level = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (isInString) {
      if (byte === backslash) {
        at += 1;
      } else if (byte === quoteMark) {
        isInString = false;
      }
    } else if (byte === quoteMark) {
      isInString = true;
    } else if (byte === list || byte === object) {
      level += 1;
      if (level > mostLevels) return true;
    } else if (byte === endOfList || byte === endOfObject) {
      level -= 1;
    }
  }
  return false;
}
