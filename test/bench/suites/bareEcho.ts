import type { Contestant } from '../contest.js';
import { childContestant } from '../contestants.js';
import { http1 } from '../load/http1.js';
import type { Effort } from '../options.js';
import type { Child } from '../processes/child.js';
import type { Scenario } from '../scenarios.js';
import { sampleResponse, type Target } from '../target.js';

/** As long as what they stand for; what the echo is sent is never looked up. */
const NO_SESSION = {
  sessionId: '00000000-0000-7000-8000-000000000000',
  sessionToken: 'e'.repeat(400),
  recipient: '+573000000000',
  code: '123456',
  wrongCode: '654321',
};

/** A bare JSON echo that is sent a scenario's requests and repeats the service's own response. */
export async function bareEcho(
  echo: Child,
  target: Target,
  scenario: Scenario,
  { writes, inFlight }: Effort,
): Promise<Contestant> {
  const { http1: port } = await echo.ask<{ http1: number }>('ports');
  await echo.ask('respondWith', await sampleResponse(target, scenario));
  const requests = Array.from({ length: writes }, () => scenario.request(target.service.apiKey, NO_SESSION));
  const expect = { ...scenario.expect, status: 200 };
  return childContestant('bare JSON echo', echo, http1, { port, requests, expect, inFlight });
}
