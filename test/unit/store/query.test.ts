import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import type { Filter, FindOptions } from '../../../server/store/documents.js';
import { Layout } from '../../../server/store/embedded/layout.js';
import { pageQuery } from '../../../server/store/embedded/query.js';
import { chooseIndex } from '../../../server/store/indexChoice.js';
import { THINGS } from '../../storeContract/documents.js';

const layout = new Layout(THINGS);
const database = new Database(':memory:');
for (const statement of layout.createStatements()) database.exec(statement);
afterAll(() => {
  database.close();
});

/** How SQLite says it would read the page: each step, without its estimates. */
function plan(
  filter: Filter,
  sort: FindOptions['sort'],
  after?: { id: string; field: number | string | null },
) {
  const { sql, parameters } = pageQuery(layout, chooseIndex(THINGS, layout.fields, filter, sort), after, 100);
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('; ');
}

describe('a find costs what it finds, however much else is stored', () => {
  it.each<[string, Filter, FindOptions['sort'], RegExp]>([
    ['an indexed text', { owner: 'ann' }, { _id: -1 }, /SEARCH d USING INDEX things\.owner \(owner=\?.*\)$/],
    [
      'a text below an id',
      { owner: 'ann', _id: { $lt: 'x' } },
      { _id: -1 },
      /things\.owner \(owner=\? AND _id<\?\)$/,
    ],
    [
      'an element of a list',
      { tags: 'red' },
      { _id: 1 },
      /SEARCH l .*\(value=\?.*\); SEARCH d USING INDEX .*\(_id=\?\)$/,
    ],
    ['dates', { due: { $lte: new Date(5) } }, { due: 1 }, /SEARCH d USING INDEX things\.due \(due<\?\)$/],
    [
      'dates down',
      { due: { $gt: new Date(5) } },
      { due: -1, _id: -1 },
      /SEARCH d USING INDEX things\.due \(.*due>\?\)$/,
    ],
    ['what can be purged', { purgeAt: { $lte: new Date(5) } }, undefined, /things\.purgeAt \(purgeAt<\?\)$/],
    ['ids between two', { _id: { $gte: 'a/', $lt: 'a0' } }, { _id: 1 }, /\(_id>\? AND _id<\?\)$/],
    ['an id', { _id: 'a' }, undefined, /\(_id=\?\)$/],
  ])('%s', (_title, filter, sort, expected) => {
    expect(plan(filter, sort)).toMatch(expected);
    const next = plan(filter, sort, { id: 'k', field: 3 });
    expect(next).toMatch(/SEARCH/);
    expect(next).not.toMatch(/SCAN|TEMP B-TREE/);
  });

  it('several elements: their ids are put in order, and only a page of documents is read', () => {
    const filter = { tags: { $in: ['red', 'blue'] }, owner: 'ann' };
    const steps = plan(filter, { _id: -1 }, { id: 'k', field: null });
    expect(steps).toMatch(/SEARCH l USING PRIMARY KEY \(value=\? AND _id<\?\)/);
    expect(steps).toMatch(/SEARCH d USING INDEX .*\(_id=\?\)/);
    expect(steps).not.toMatch(/SCAN d/);
  });

  it('of several indexed fields, by the one declared last', () => {
    expect(plan({ owner: 'ann', tags: 'red' }, { _id: -1 })).toMatch(/SEARCH l .*\(value=\?\)/);
  });

  it.each<[string, Filter]>([
    ['several ids', { _id: { $in: ['a', 'b'] } }],
    ['several texts', { owner: { $in: ['ann', 'bob'] } }],
  ])('%s: only the values themselves are scanned', (_title, filter) => {
    expect(plan(filter, undefined)).toMatch(/SEARCH d .*=\?\)/);
    expect(plan(filter, undefined)).not.toMatch(/SCAN d/);
  });
});

describe('a find without a usable index', () => {
  it('goes by id, page after page, without sorting', () => {
    expect(plan({ n: 1 }, { _id: -1 })).toMatch(/^SCAN d USING INDEX/);
    expect(plan({ n: 1 }, { _id: -1 }, { id: 'k', field: null })).toMatch(
      /SEARCH d USING INDEX .*\(_id<\?\)$/,
    );
    expect(plan({ owner: { $gt: 7 } }, undefined)).not.toMatch(/TEMP B-TREE/);
    expect(plan({ tags: { $gt: 'a', $lt: 'b' } }, undefined)).toMatch(/^SCAN d USING INDEX/);
  });
});
