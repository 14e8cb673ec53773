import { Code, ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import {
  type ImportedBeneficiary,
  ImportResult,
  SponsorService,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { api, inWorkspace } from '../api.js';
import { type BeneficiaryRow, beneficiaryRows } from '../beneficiaryRows.js';
import { count } from '../format.js';
import { nameOf, plain } from '../words.js';
import { Action } from './Action.js';
import { Facts } from './Facts.js';
import { Area, Check } from './Fields.js';

const { method } = SponsorService;
/** Rows of one call, as the contract allows. */
const BATCH = 200;
const MOST_FAULTS = 50;

interface Result extends ImportedBeneficiary {
  readonly line: number;
}

/** People put on file from a CSV file, by calls of 200 rows; the same file can be imported again. */
export function ImportBeneficiaries({ slug, again }: { readonly slug: string; readonly again: () => void }) {
  const done = useSignal<{ rows: number; of: number } | undefined>(undefined);
  const isLeft = useRef(false);
  const run = async (rows: readonly BeneficiaryRow[], dryRun: boolean): Promise<Result[]> => {
    const results: Result[] = [];
    isLeft.current = false;
    for (let from = 0; from < rows.length && !isLeft.current; from += BATCH) {
      done.value = { rows: from, of: rows.length };
      const response = await api.sponsors.importBeneficiaries({
        ...inWorkspace(),
        sponsorSlug: slug,
        beneficiaries: rows.slice(from, from + BATCH).map((row) => ({ sponsorSlug: slug, ...row })),
        dryRun,
      });
      // Lines of a file begin at 1, and the first is the heading.
      results.push(...response.results.map((result, at) => ({ ...result, line: from + at + 2 })));
    }
    return results;
  };
  return (
    <Action
      label="Import…"
      method={method.importBeneficiaries}
      title="Import beneficiaries"
      submit="Import"
      onSubmit={async (values) => {
        const rows = read(values.text('rows'));
        const isDry = values.has('dryRun');
        try {
          const results = await run(rows, isDry);
          return <Report results={results} of={rows.length} isDry={isDry} />;
        } finally {
          done.value = undefined;
          if (!isDry) again();
        }
      }}
    >
      <p>
        CSV with the columns <code>id</code>, <code>phone</code> and <code>email</code>. People who are on
        file are changed.
      </p>
      <label class="field">
        <span>File</span>
        <input
          class="input"
          type="file"
          accept=".csv,text/csv"
          onChange={async ({ currentTarget }) => {
            const area = currentTarget.form?.elements.namedItem('rows');
            const text = await currentTarget.files?.[0]?.text();
            if (area instanceof HTMLTextAreaElement && text !== undefined) area.value = text;
          }}
        />
      </label>
      <Area label="Or the rows" name="rows" rows={8} required />
      <Check label="Only check the rows" name="dryRun" checked hint="Nothing is stored" />
      {done.value && (
        <p role="status">
          <progress max={done.value.of} value={done.value.rows} aria-label="Rows imported" />{' '}
          {count(done.value.rows)} of {count(done.value.of)}{' '}
          <button
            type="button"
            class="button small"
            onClick={() => {
              isLeft.current = true;
            }}
          >
            Stop
          </button>
        </p>
      )}
    </Action>
  );
}

function read(text: string): BeneficiaryRow[] {
  try {
    return beneficiaryRows(text);
  } catch (thrown) {
    throw new ConnectError(thrown instanceof Error ? thrown.message : String(thrown), Code.InvalidArgument);
  }
}

interface ReportProps {
  readonly results: readonly Result[];
  readonly of: number;
  readonly isDry: boolean;
}

function Report({ results, of, isDry }: ReportProps) {
  const faults = results.filter(({ result }) => result === ImportResult.FAILED);
  const kinds = [
    ImportResult.CREATED,
    ImportResult.UPDATED,
    ImportResult.UNCHANGED,
    ImportResult.FAILED,
  ] as const;
  return (
    <>
      <p>
        {count(results.length)} of {count(of)} rows{' '}
        {isDry ? 'were checked; nothing is stored.' : 'were imported.'}
      </p>
      <Facts
        facts={kinds.map((kind) => [
          nameOf(ImportResult, kind),
          count(results.filter(({ result }) => result === kind).length),
        ])}
      />
      {faults.length > 0 && (
        <ul class="bullets">
          {faults.slice(0, MOST_FAULTS).map(({ line, beneficiaryId, error, field }) => (
            <li key={line}>
              Line {count(line)}, <b class="mono">{beneficiaryId || 'no id'}</b>: {plain(error)}{' '}
              <span class="soft">{field}</span>
            </li>
          ))}
          {faults.length > MOST_FAULTS && <li>and {count(faults.length - MOST_FAULTS)} more</li>}
        </ul>
      )}
    </>
  );
}
