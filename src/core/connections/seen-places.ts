/** Where in a tenant a call has been, or what its answer named: offered when somebody completes an argument. */
export type SeenPlace = {
  /** Its id: another connection may come to have its name. */
  readonly connection: string;
} & (
  | { readonly kind: 'subscription'; readonly subscription: string }
  | {
      readonly kind: 'workspace';
      readonly subscription?: string | undefined;
      readonly group: string;
      readonly workspace: string;
    }
  | { readonly kind: 'organization'; readonly organization: string }
  /** Without organization, it is the connection's. */
  | { readonly kind: 'project'; readonly organization?: string | undefined; readonly project: string }
  | { readonly kind: 'product'; readonly partNumber: string }
);

/** The places of this process's calls, each caller's apart. Kept in memory, the latest of them. */
export interface SeenPlaces {
  note(place: SeenPlace, caller: string): void;
  /** Those of one caller, the latest first. */
  list(caller: string): readonly SeenPlace[];
}

export interface SeenPlacesOptions {
  /** Places kept for one caller. Default 2,000. */
  readonly mostPlaces?: number;
  /** Callers that places are kept for. Default 200. */
  readonly mostCallers?: number;
}

export function createSeenPlaces({ mostPlaces = 2_000, mostCallers = 200 }: SeenPlacesOptions = {}): SeenPlaces {
  const byCaller = new Map<string, Map<string, SeenPlace>>();
  return {
    note(place, caller) {
      const places = byCaller.get(caller) ?? new Map<string, SeenPlace>();
      putLast(places, JSON.stringify(place).toLowerCase(), place, mostPlaces);
      putLast(byCaller, caller, places, mostCallers);
    },
    list: (caller) => [...(byCaller.get(caller)?.values() ?? [])].reverse(),
  };
}

/** A map remembers the order of its keys, so that the first is the one that was not put for the longest time. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
