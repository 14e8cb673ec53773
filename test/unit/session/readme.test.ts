import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOM = 'server/session';
const readme = readFileSync(join(ROOM, 'README.md'), 'utf8');
const diagramIn = (text: string): string => /```mermaid\n(.*?)```/s.exec(text)?.[1] ?? '';
/** The rooms that change sessions; the documents of other rooms have a `rev` of their own. */
const sources = ['session', 'effects', 'otp', 'delivery']
  .flatMap((room) =>
    readdirSync(`server/${room}`, { recursive: true, encoding: 'utf8' }).map((file) =>
      join('server', room, file),
    ),
  )
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
const filesWith = (pattern: RegExp): string[] =>
  sources.flatMap(({ file, text }) => (pattern.test(text) ? [file] : [])).toSorted();

describe('the page on the session', () => {
  it('names every transition, and no other', () => {
    const transitions = readdirSync(join(ROOM, 'transitions')).map((file) => file.replace('.ts', ''));
    const table = readme.slice(readme.indexOf('| transition |'), readme.indexOf('Three writes'));
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(transitions.toSorted());
  });

  it('names every file of the room', () => {
    for (const file of readdirSync(ROOM).filter((name) => name.endsWith('.ts'))) {
      expect(readme).toContain(`| \`${file}\` |`);
    }
  });

  it('shows the states that the documentation shows', () => {
    const concepts = readFileSync('docs/explanation/concepts.md', 'utf8');
    expect(diagramIn(readme)).toContain('PENDING --> APPROVED');
    expect(diagramIn(concepts)).toBe(diagramIn(readme));
  });
});

describe('what follows from every change of a session', () => {
  const CHANGE = ['server/session/change.ts'];

  it('has one place that writes rev', () => {
    expect(filesWith(/\brev: [01]\b/)).toEqual(CHANGE);
  });

  it('has one place that writes deliverAt', () => {
    expect(filesWith(/(\bdeliveryDue\(|deliverAt: ''|\['deliverAt', 'deliverKey'\])/)).toEqual(CHANGE);
  });

  it('has one place that adds to the history', () => {
    expect(filesWith(/\baddToHistory\(/)).toEqual(['server/session/change.ts', 'server/session/history.ts']);
  });

  it('has one loop that decides again when the session has changed', () => {
    expect(filesWith(/rev: (seen|session|found)\.rev/)).toEqual(CHANGE);
  });
});
