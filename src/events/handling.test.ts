import { joinCalls } from './handling';

/** A handler that ends when it is told to. */
function held() {
  const batches: { readonly items: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  const handle = (items: readonly number[]) => new Promise<void>((resolve, reject) => {
    batches.push({ items, end: (error) => { if (error) reject(error); else resolve(); } });
  });
  return { batches, handle };
}

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

describe('calls that are joined', () => {
  it('what comes while others are under way is handled as one, in the order it came in', async () => {
    const { batches, handle } = held();
    const call = joinCalls({ size: 10, inFlight: 1 }, handle);
    const calls = [call([1, 2]), call([3]), call([4, 5])];
    expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
    batches[0]!.end();
    await calls[0];
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 5]]);
    batches[1]!.end();
    await Promise.all(calls);
  });

  it('takes no more than the size, and one call that is larger by itself', async () => {
    const { batches, handle } = held();
    const call = joinCalls({ size: 3, inFlight: 2 }, handle);
    const calls = [call([1]), call([2]), call([3, 4, 5, 6]), call([7, 8]), call([9, 10])];
    for (let ended = 0; ended < 5; ended += 1) {
      expect(batches.length - ended).toBeLessThanOrEqual(2);
      batches[ended]!.end();
      await turn();
    }
    await Promise.all(calls);
    expect(batches.map(({ items }) => items)).toEqual([[1], [2], [3, 4, 5, 6], [7, 8], [9, 10]]);
  });

  it('an error is that of all who were joined, and of nobody else', async () => {
    const { batches, handle } = held();
    const call = joinCalls({ size: 10, inFlight: 1 }, handle);
    const calls = [call([1]), call([2]), call([3])].map((one) => one.then(() => 'done', (error: Error) => error.message));
    batches[0]!.end();
    await turn();
    batches[1]!.end(new Error('no'));
    expect(await Promise.all(calls)).toEqual(['done', 'no', 'no']);
    const later = call([4]);
    batches[2]!.end();
    await later;
  });
});
