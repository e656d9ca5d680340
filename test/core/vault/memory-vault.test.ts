import { createMemoryVault } from '../../../src/core/vault/memory-vault.ts';
import { handClock } from '../connections/support.ts';
import { vaultContract } from './vault-contract.ts';

vaultContract('The memory vault', () => createMemoryVault(handClock()));
