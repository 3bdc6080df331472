import { describe, expect, it } from 'vitest';

import { Queue } from '../src/map/queue';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => { open(); } };
}

describe('a queue', () => {
  it('runs a few at a time, in order, also after a failure', async () => {
    const queue = new Queue(2);
    const gates = [gate(), gate(), gate()];
    const begun: number[] = [];
    const never = new AbortController().signal;
    const runs = gates.map(({ opened }, index) =>
      queue.run(async () => {
        begun.push(index);
        await opened;
        if (index === 0) throw new Error('broken');
        return index;
      }, never),
    );
    const settled = Promise.allSettled(runs);
    expect(begun).toEqual([0, 1]);
    for (const { open } of gates) open();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('forgets a request that is no longer wanted before its turn', async () => {
    const queue = new Queue(1);
    const { opened, open } = gate();
    const first = queue.run(() => opened, new AbortController().signal);
    const unwanted = new AbortController();
    const second = queue.run(() => Promise.resolve('ran'), unwanted.signal);
    unwanted.abort();
    await expect(second).rejects.toThrow('no longer wanted');
    open();
    await first;
    await expect(queue.run(() => Promise.resolve('third'), new AbortController().signal)).resolves.toBe('third');
  });
});
