import fc from 'fast-check';

/**
 * Properties are tried with the same values in every run, so that a change is
 * judged by what it changes. PROPERTY_SEED=random looks for new
 * counterexamples, another number repeats a run that found one.
 */
const wanted = process.env.PROPERTY_SEED;
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted || 20_261_126) });
