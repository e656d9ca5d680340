import type { SignInTrial } from '../../../src/core/auth/sign-in-trial.ts';

/** For tests in which nobody signs in. */
export const noTrial: SignInTrial = {
  fetchPlatformToken: () => Promise.reject(new Error('Nobody signs in here.')),
  getToken: () => Promise.reject(new Error('Nobody signs in here.')),
};
