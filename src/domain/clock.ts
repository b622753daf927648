/** The one business clock (R31): what `now` means to rules, timers and workers. Event times and logs stay on the wall clock. */
export interface Clock {
  now(): Date;
}

export const wallClock: Clock = { now: () => new Date() };
