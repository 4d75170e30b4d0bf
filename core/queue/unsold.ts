/**
 * What of a link nobody has bought of late. A paid and a free tunnel share one cable, of which neither
 * knows: what is carried for nothing gets what is left of it, in eighths, so that not every byte is a
 * change. Rates are bits a second; nothing of it is ever billed.
 */
export const wholeLink = 8n;

/**
 * The next, of what was unsold before and what was sold since: it falls at once to what is left, and
 * rises by an eighth at most, so that a moment without buyers is no reason to fill the link. Where anything
 * is sold an eighth stays between, because a link is full before its rate is reached.
 * @param before 0 to {@link wholeLink} eighths, as is what it returns
 */
export function nextUnsold(link: bigint, before: bigint, sold: bigint): bigint {
  const used = (sold * wholeLink + link - 1n) / link + (sold > 0n ? 1n : 0n);
  const left = used < wholeLink ? wholeLink - used : 0n;
  return left <= before ? left : before + 1n;
}

/** So many eighths of a link, in bits a second. */
export function unsoldRate(link: bigint, eighths: bigint): bigint {
  return (link * eighths) / wholeLink;
}
