import { attemptSecrets } from './attempt-secrets.ts';

attemptSecrets({ atLeast: 50_000 });
