/** A question of the bench to one of its processes, and the answer. */
export interface Question {
  readonly id: number;
  readonly about: string;
  readonly value?: unknown;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Answers = Readonly<Record<string, (value: never) => unknown>>;

const known = new Map<string, Answers[string]>();
/** Questions that came before the module that answers them was loaded. */
const early: Question[] = [];

/** Answers questions about these things, from now on. */
export function answerQuestions(answers: Answers): void {
  for (const [about, answer] of Object.entries(answers)) known.set(about, answer);
  for (const question of early.splice(0)) void take(question);
}

async function take(question: Question): Promise<void> {
  const { id, about, value } = question;
  const answer = known.get(about);
  if (!answer) {
    early.push(question);
    return;
  }
  try {
    process.send?.({ id, value: await answer(value as never) } satisfies Answer);
  } catch (error) {
    process.send?.({ id, error: String(error) } satisfies Answer);
  }
}

process.on('message', take);
// A bench that was killed leaves no process behind.
process.on('disconnect', () => process.exit(1));
// Being asked is no reason to live on.
process.channel?.unref();
