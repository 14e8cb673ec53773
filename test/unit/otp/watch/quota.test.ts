import { describe, expect, it } from 'vitest';
import { createWatchPlaces } from '../../../../server/otp/watch/quota.js';

const places = () => createWatchPlaces({ perProcess: 5, perWorkspace: 3, perSession: 2 });
const refusal = expect.objectContaining({ reason: 'OVERLOADED' });

describe('places for watchers', () => {
  it('are so many for a session', () => {
    const { take } = places();
    take('w', 'w/1');
    take('w', 'w/1');
    expect(() => take('w', 'w/1')).toThrow(refusal);
    expect(() => take('w', 'w/2')).not.toThrow();
  });

  it('are so many for a workspace, whatever its sessions', () => {
    const { take } = places();
    for (const session of ['w/1', 'w/2', 'w/3']) take('w', session);
    expect(() => take('w', 'w/4')).toThrow(refusal);
    expect(() => take('v', 'v/1')).not.toThrow();
  });

  it('are so many for the process', () => {
    const { take } = places();
    for (const workspace of ['a', 'b', 'c', 'd', 'e']) take(workspace, `${workspace}/1`);
    expect(() => take('f', 'f/1')).toThrow(refusal);
  });

  it('are given back once, and a refusal takes none', () => {
    const { take } = places();
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
