import { createMemoryStore } from '../../../src/core/connections/memory-store.ts';
import { storeContract } from './store-contract.ts';

storeContract('The memory store', createMemoryStore);
