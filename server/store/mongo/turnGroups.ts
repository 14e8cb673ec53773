/** Writes of one command: together they stay far below what a message to the server may hold. */
const MOST = 64;

/** Collects what is added in one turn of the event loop, and sends it in groups when the turn ends. */
export function createTurnGroups<W>(send: (group: readonly W[]) => void): (one: W) => void {
  let waiting: W[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += MOST) send(all.slice(at, at + MOST));
  }

  return (one) => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push(one);
  };
}
