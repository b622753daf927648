import type { Config, Role } from '../config';
import { startOrdering } from './ordering';
import { startRating } from './rating';
import type { Worker, WorkerParts } from './worker';

/** What each role but api and relay starts. */
export const workers: Readonly<Partial<Record<Exclude<Role, 'api' | 'relay'>, (parts: WorkerParts, config: Config) => Promise<Worker>>>> = {
  ordering: startOrdering,
  rating: startRating,
};
