import { createGraphThrottle } from '../throttle/create-graph-throttle.ts';
import { notModelled } from './graph-error.ts';
import type { GraphHandler, GraphParts } from './parsed-path.ts';

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
