import { handleBatch } from './batch.ts';
import { createDriveHandler } from './drive/drive-handler.ts';
import type { DriveLibrary } from './drive/drive-library.ts';
import { handleMail } from './mail/mail-handler.ts';
import type { GraphParts } from './parsed-path.ts';
import { createGraphThrottle } from './throttle/create-graph-throttle.ts';
import { createWriteHandler } from './writes/create-write-handler.ts';
import { createGroupLicensing } from './writes/licensing/group-licensing.ts';

/** The handlers and budgets of one sandbox. Every reset creates new ones. */
export function createGraphParts(drives: DriveLibrary): GraphParts {
  const throttle = createGraphThrottle();
  const licensing = createGroupLicensing();
  return {
    throttle: {
      ...throttle,
      admit(parsed, request, context) {
        // Every request passes through here, so background work that is due runs before the response.
        licensing.runDue(context);
        return throttle.admit(parsed, request, context);
      },
    },
    write: createWriteHandler(licensing),
    mail: handleMail,
    drive: createDriveHandler(drives),
    batch: handleBatch,
  };
}
