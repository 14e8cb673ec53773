import { type Contestant, measure } from './contest.js';
import { http1 } from './load/http1.js';
import type { Loader, LoadPlan } from './load/request.js';
import type { Child } from './processes/child.js';
import type { Scenario } from './scenarios.js';
import type { Target } from './target.js';

/** The service under a scenario that writes: every round begins with the same store and has sessions of its own. */
export function writing(
  name: string,
  { service, seeder }: Target,
  { request, expect, leaves }: Scenario,
  { calls, inFlight }: { readonly calls: number; readonly inFlight: number },
): Contestant {
  const { port, apiKey } = service;
  return {
    name,
    async round() {
      await seeder.clear();
      const requests = (await seeder.sessions(calls)).map((session) => request(apiKey, session));
      const load = await http1.open({ port, requests, expect, inFlight });
      const measured = await measure(service, calls, async () => {
        await load.run();
        if (leaves) await seeder.settled(leaves);
      });
      load.close();
      return measured;
    },
  };
}

/** A process that is sent the same requests in every round. */
export function childContestant(name: string, child: Child, loader: Loader, plan: LoadPlan): Contestant {
  return {
    name,
    async round() {
      const load = await loader.open(plan);
      const measured = await measure(child, plan.requests.length, () => load.run());
      load.close();
      return measured;
    },
  };
}
