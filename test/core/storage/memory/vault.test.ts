import { createMemoryVault } from '../../../../src/core/storage/memory/vault.ts';
import { handClock } from '../../connections/support.ts';
import { vaultContract } from '../vault/vault-contract.ts';

vaultContract('The memory vault', () => createMemoryVault(handClock()));
