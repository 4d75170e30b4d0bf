/** How many programs work at the same time: routers' developers have small machines too. */
const atOnce = 2;

type Work<T> = () => Promise<T>;

/** Does several works, at most {@link atOnce} at a time, and gives their results in order. */
export async function inPairs<const Works extends readonly Work<unknown>[]>(
  works: Works,
): Promise<{ -readonly [i in keyof Works]: Awaited<ReturnType<Works[i]>> }> {
  const results: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < works.length) {
      const mine = next++;
      results[mine] = await works[mine]?.();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results as { -readonly [i in keyof Works]: Awaited<ReturnType<Works[i]>> };
}
