import { attemptSecrets } from './attempt-secrets.ts';

// The whole table runs with the slow tests.
attemptSecrets({ most: 12, atLeast: 8_000 });
