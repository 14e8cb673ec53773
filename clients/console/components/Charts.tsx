import { Funnel } from '../charts/Funnel.js';
import { HeatMap } from '../charts/HeatMap.js';
import { HourBars } from '../charts/HourBars.js';
import { Example } from './Example.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 4);

const steps = Array.from({ length: 24 }, (_, hour) => ({
  start: new Date(START + hour * HOUR),
  sends: 40 + ((hour * 37) % 60),
  approvals: 30 + ((hour * 23) % 40),
  refused: hour % 5,
  before: 50 + ((hour * 11) % 30),
}));
const week = Array.from({ length: 7 }, (_, day) =>
  Array.from({ length: 24 }, (_, hour) => ({
    sends: (day * 24 + hour * 7) % 90,
    approvals: ((day * 24 + hour * 7) % 90) * (hour / 24),
  })),
);

/** Every chart, with and without data. */
export const Charts = () => (
  <>
    <Example name="HourBars">
      <HourBars steps={steps} isDaily={false} />
      <HourBars
        steps={steps.map(({ before: _, ...step }) => ({ ...step, sends: 0, approvals: 0, refused: 0 }))}
        isDaily
      />
    </Example>
    <Example name="HeatMap">
      <HeatMap week={week} />
    </Example>
    <Example name="Funnel">
      <Funnel
        steps={[
          { word: 'Asked', n: 1_000 },
          { word: 'Delivered', n: 940, note: '12 are on their way' },
          { word: 'Approved', n: 702 },
        ]}
      />
      <Funnel steps={[{ word: 'Asked', n: 0 }]} />
    </Example>
  </>
);
