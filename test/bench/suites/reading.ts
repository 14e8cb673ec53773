import { contest, type Result } from '../contest.js';
import { childContestant } from '../contestants.js';
import { embedded } from '../engines.js';
import { Child } from '../processes/child.js';
import { compared } from '../report.js';
import { READS, type Read } from '../scenarios.js';
import type { Seeded } from '../seed.js';
import { sampleResponse, startTarget } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

const GROUP = 'GetSession, against a bare Connect service with a response of the same size';

/** How close a read is to what Connect itself allows. */
export async function reading({ options, report, say }: SuiteContext): Promise<void> {
  const scenarios = wanted(READS, options, GROUP);
  if (scenarios.length === 0) return;
  const { effort, profile } = options;
  const target = await startTarget({ engine: embedded, sessions: effort.few, hash: 'hmac', profile });
  const { child, port, apiKey } = target.service;
  const echo = new Child('./connectEcho.js');
  const ports = await echo.ask<Record<Read['port'], number>>('ports');
  await echo.ask('respondWith', await sampleResponse(target, READS[0] as Read));
  const sessions = await target.seeder.sessions(effort.few);
  for (const scenario of scenarios) {
    say(scenario.name);
    const requests = Array.from({ length: effort.reads }, (_, i) =>
      scenario.request(apiKey, sessions[i % sessions.length] as Seeded),
    );
    const { name, loader, expect } = scenario;
    const plan = { requests, expect, inFlight: effort.inFlight };
    const contestants = [
      childContestant(name, child, loader, { ...plan, port }),
      childContestant('bare Connect', echo, loader, { ...plan, port: ports[scenario.port] }),
    ];
    const [read, bare] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(GROUP, read, bare, { atLeast: 0.8 }));
  }
  await Promise.all([echo.stop(), target.stop()]);
}
