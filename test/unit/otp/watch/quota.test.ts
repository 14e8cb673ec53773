import { describe, expect, it } from 'vitest';
import { createWatchQuota } from '../../../../server/otp/watch/quota.js';

const quota = () => createWatchQuota({ perProcess: 5, perWorkspace: 3, perSession: 2 });
const refusal = expect.objectContaining({ reason: 'OVERLOADED' });

describe('the watchers of a process', () => {
  it('are limited for each session', () => {
    const { take } = quota();
    take('w', 'w/1');
    take('w', 'w/1');
    expect(() => take('w', 'w/1')).toThrow(refusal);
    expect(() => take('w', 'w/2')).not.toThrow();
  });

  it('are limited for each workspace, whichever its sessions', () => {
    const { take } = quota();
    for (const session of ['w/1', 'w/2', 'w/3']) take('w', session);
    expect(() => take('w', 'w/4')).toThrow(refusal);
    expect(() => take('v', 'v/1')).not.toThrow();
  });

  it('are limited in all', () => {
    const { take } = quota();
    for (const workspace of ['a', 'b', 'c', 'd', 'e']) take(workspace, `${workspace}/1`);
    expect(() => take('f', 'f/1')).toThrow(refusal);
  });

  it('are counted until they are released, once, and a refused one is not', () => {
    const { take } = quota();
    const leave = take('w', 'w/1');
    take('w', 'w/1');
    expect(() => take('w', 'w/1')).toThrow(refusal);
    leave();
    leave();
    take('w', 'w/1');
    expect(() => take('w', 'w/1')).toThrow(refusal);
    take('w', 'w/2');
    expect(() => take('w', 'w/3')).toThrow(refusal);
  });
});
