import { createGraphThrottle, type GraphThrottle } from '../throttle/create-graph-throttle.ts';
import { notModelled } from './graph-error.ts';
import type { GraphBatchHandler, GraphHandler } from './parsed-path.ts';

/** What the Graph service puts together around the reads. */
export interface GraphParts {
  /** Every request and every item of a batch asks it. */
  readonly throttle: GraphThrottle;
  /** Answers every method but GET and HEAD, and the reads that are POSTs. */
  readonly write: GraphHandler;
  /** Answers everything below `mailFolders` and `messages`, and `sendMail`. */
  readonly mail: GraphHandler;
  readonly batch: GraphBatchHandler;
}

/** The handlers and budgets of one sandbox. New ones are made with every reset. */
export function createGraphParts(): GraphParts {
  const refuse: GraphHandler = async (parsed, request) => {
    throw notModelled(`${request.method} ${parsed.template}`);
  };
  return {
    throttle: createGraphThrottle(),
    write: refuse,
    mail: refuse,
    batch: async (request) => {
      throw notModelled(`${request.method} /$batch`);
    },
  };
}
