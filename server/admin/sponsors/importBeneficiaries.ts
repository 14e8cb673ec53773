import { clone } from '@bufbuild/protobuf';
import {
  type Beneficiary,
  BeneficiarySchema,
  type ImportBeneficiariesRequest,
  ImportResult,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { checkRules } from '../../contract/validation.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { readAddress } from './readAddress.js';
import { addressPlace, beneficiaryKey, type StoredAddress, type StoredBeneficiary } from './stored.js';

const FIELDS = ['phone', 'email'] as const;
/** Rows that are looked up and written at once. */
const AT_ONCE = 4;

/** What became of one row. */
export interface ImportedRow {
  readonly beneficiaryId: string;
  readonly result: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'FAILED';
  /** Of FAILED. */
  readonly error?: string;
  readonly field?: string;
}

interface Deps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly clock: Clock;
}

type Request = Pick<ImportBeneficiariesRequest, 'sponsorSlug' | 'beneficiaries' | 'dryRun'>;

/** Puts people on file, each row for itself. */
export function createImportBeneficiaries({ documents, encryption, clock }: Deps) {
  const stored = documents.collection<StoredBeneficiary>('beneficiaries');

  /** The addresses of a row that are not on file yet, sealed. */
  function changesOf(_id: string, row: Beneficiary, before: StoredBeneficiary | null) {
    const changes: Partial<Record<(typeof FIELDS)[number], StoredAddress>> = {};
    for (const field of FIELDS) {
      if (!row[field]) continue;
      const { address, masked } = readAddress(field, row[field]);
      const place = addressPlace(_id, field);
      const sealed = before?.[field]?.sealed;
      if (sealed !== undefined && encryption.open(place, sealed) === address) continue;
      changes[field] = { sealed: encryption.seal(place, address), masked };
    }
    return changes;
  }

  async function put(_id: string, row: Beneficiary, dryRun: boolean): Promise<ImportedRow['result']> {
    for (;;) {
      const before = await stored.findOne({ _id });
      const changes = changesOf(_id, row, before);
      if (!before) {
        if (dryRun || (await insertOnce(stored, { _id, ...changes, createdAt: new Date(clock.now()) })))
          return 'CREATED';
        continue;
      }
      if (Object.keys(changes).length === 0) return 'UNCHANGED';
      if (dryRun || (await stored.findOneAndUpdate({ _id }, { $set: changes }))) return 'UPDATED';
      // Put on file or deleted in the meantime: looked at again.
    }
  }

  return async (
    workspace: string,
    { sponsorSlug, beneficiaries, dryRun }: Request,
  ): Promise<ImportedRow[]> => {
    const firstAt = new Map<string, number>();
    for (const [index, { beneficiaryId }] of beneficiaries.entries())
      if (!firstAt.has(beneficiaryId)) firstAt.set(beneficiaryId, index);

    async function importRow(given: Beneficiary, index: number): Promise<ImportedRow> {
      const { beneficiaryId } = given;
      try {
        if (given.sponsorSlug && given.sponsorSlug !== sponsorSlug)
          throw invalid('sponsor_slug', 'must be the sponsor of the request, or empty');
        const row = { ...clone(BeneficiarySchema, given), sponsorSlug };
        checkRules(BeneficiarySchema, row);
        if (firstAt.get(beneficiaryId) !== index)
          throw invalid('beneficiary_id', 'must not be that of an earlier row');
        const _id = beneficiaryKey(workspace, sponsorSlug, beneficiaryId);
        return { beneficiaryId, result: await put(_id, row, dryRun) };
      } catch (thrown) {
        const violation = thrown instanceof Failure && thrown.details.violations?.[0];
        if (!violation) throw thrown;
        return { beneficiaryId, result: 'FAILED', error: thrown.reason, field: violation.field };
      }
    }

    const results: ImportedRow[] = [];
    const waiting = [...beneficiaries.entries()];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift())
        results[next[0]] = await importRow(next[1], next[0]);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return results;
  };
}

/** A row as the contract shows it. */
export const rowToProto = ({ beneficiaryId, result, error = '', field = '' }: ImportedRow) => ({
  beneficiaryId,
  result: ImportResult[result],
  error,
  field,
});
