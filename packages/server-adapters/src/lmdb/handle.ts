/** What lmdb's types leave out: the handle behind a database. Another version may have none, or another. */
export interface Handle {
  info(): object;
  startWriting(address: number, progress: (status: number) => unknown): unknown;
}

/** What `startWriting` calls back with while its thread goes on: something was committed, or the actions are to be run. Anything else is its end. */
export const [COMMITTED, ASKS] = [1, 2];
