/** Does the work `count` times, several at once. Gives back what went wrong: at most ten descriptions. */
export async function hammer(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<string | undefined>,
): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count && wrong.length < 10) {
      const found = await work(next++);
      if (found !== undefined) wrong.push(found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return wrong;
}
