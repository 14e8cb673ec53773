import { create, type MessageShape } from '@bufbuild/protobuf';
import { CodeLengthBoundSchema, GuessBoundSchema } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import { budgetLimits, type CodeClass } from '../../limits/recipientBudget/budgetLimits.js';
import {
  combinedChance,
  type LengthBound,
  lengthBounds,
  WEAK,
} from '../../limits/recipientBudget/guessBound.js';
import type { RuleOverrides } from '../../limits/rules.js';
import { longestLifetimeMs } from '../../session/assurance.js';
import type { Workspace } from '../workspaces/stored.js';

/** What a workspace sends, as far as its guess bound depends on it. */
export interface CodeUse {
  /** Lengths of the codes of the last 30 days. */
  readonly lengths: ReadonlySet<CodeClass>;
  /** Share of the messages of the last 7 days whose Send named no source. */
  readonly unidentifiedShare: number;
}

/** The bound of every length of code with these limits. */
export function boundsOf(
  workspace: Pick<Workspace, 'assurance' | 'assuredAt'>,
  overrides: RuleOverrides,
  now: number,
): readonly LengthBound[] {
  const longest = longestLifetimeMs(workspace, now);
  return lengthBounds(budgetLimits(overrides, longest), longest);
}

export function guessBoundToProto(
  bounds: readonly LengthBound[],
  { lengths, unidentifiedShare }: CodeUse,
): MessageShape<typeof GuessBoundSchema> {
  // A workspace that has sent nothing yet will send what the default is.
  const chance = combinedChance(bounds, lengths.size > 0 ? lengths : new Set(['c6']));
  return create(GuessBoundSchema, {
    probabilityPerYear: chance,
    weak: chance > WEAK,
    unidentifiedShare,
    codeLengths: bounds.map((bound) =>
      create(CodeLengthBoundSchema, {
        codeLength: bound.digits,
        comparisonsPerDay: bound.perDay,
        comparisonsPerYear: BigInt(bound.perYear),
        probabilityPerYear: bound.chance,
        strangerProbabilityPerYear: bound.strangerChance,
      }),
    ),
  });
}
