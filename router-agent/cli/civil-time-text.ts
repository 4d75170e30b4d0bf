/** A moment as people write it: a day, or a day and a time, always UTC. */
const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d))?Z?)?$/;

/** What is allowed, in words. */
export const allowedTime = "a day such as 2026-03-01, or 2026-03-01T18:30, in UTC";

/** Seconds since 1970, or nothing where the text is no time that there is. */
export function readTime(text: string): number | undefined {
  const [, day, minute = "00:00", second = "00"] = form.exec(text) ?? [];
  if (day === undefined) return undefined;
  const iso = `${day}T${minute}:${second}.000Z`;
  const milliseconds = Date.parse(iso);
  // 31 February is read as a day in March: what is written back must be the same.
  if (!(milliseconds >= 0) || new Date(milliseconds).toISOString() !== iso) return undefined;
  return milliseconds / 1000;
}

/** A moment to the minute; nothing where it was never noted. */
export function timeText(seconds: number): string {
  return seconds === 0 ? "" : `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
}
