/** The two levels this folder writes; the product's logger fits, and so does a test's. */
export type Log = {
  readonly info: (sentence: string, facts?: object) => unknown;
  readonly warn: (sentence: string, facts?: object) => unknown;
};
