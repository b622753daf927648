import type { Config, Role } from '../config';
import { startRating } from './rating';
import type { Worker, WorkerParts } from './worker';

/** What each role but api and relay starts. */
export const workers: Readonly<Partial<Record<Exclude<Role, 'api' | 'relay'>, (parts: WorkerParts, config: Config) => Promise<Worker>>>> = {
  rating: startRating,
};
