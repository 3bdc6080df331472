/** A queue of a few at a time. Browsers open six connections to a host: tiles must leave some to questions. */

export class Queue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  /** Run `work` when its turn comes; a signal that fires before leaves the queue at once. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.running >= this.most) {
      await new Promise<void>((resolve, reject) => {
        const turn = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          const place = this.waiting.indexOf(turn);
          if (place !== -1) this.waiting.splice(place, 1);
          reject(new DOMException('no longer wanted', 'AbortError'));
        };
        this.waiting.push(turn);
        signal.addEventListener('abort', leave, { once: true });
      });
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
