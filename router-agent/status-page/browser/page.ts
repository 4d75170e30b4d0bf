import type { Overview } from "../overview-form.ts";
import { place } from "./element.ts";
import { showPlots } from "./plots.ts";
import { showSections } from "./sections.ts";

/** How often the agent is asked, in ms; when it does not answer, ever less often, up to the most. */
const interval = 5000;
const mostInterval = 60_000;

/** How long an answer may take, in ms. */
const patience = 10_000;

let pause = interval;
let answered = 0;

/** Asks once, and shows what was answered; says so where nothing was. */
async function look(): Promise<void> {
  try {
    const response = await fetch("/api/overview", {
      signal: AbortSignal.timeout(patience),
      credentials: "same-origin",
    });
    if (!response.ok) throw new Error((await response.text()).trim());
    const overview = (await response.json()) as Overview;
    showSections(overview);
    showPlots(place("plots"), overview);
    answered = Date.now();
    pause = interval;
    connection("live", false);
  } catch (error) {
    pause = Math.min(mostInterval, pause * 2);
    const since = answered === 0 ? "" : `; this is from ${new Date(answered).toLocaleTimeString()}`;
    const why = error instanceof TypeError ? "the agent does not answer" : messageOf(error);
    connection(`${why}${since}; next try in ${pause / 1000} s`, true);
  }
}

function connection(words: string, lost: boolean): void {
  const line = place("connection");
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("lost", lost);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** A page that nobody sees asks nothing. */
async function live(): Promise<void> {
  clearTimeout(timer);
  if (document.visibilityState === "visible") await look();
  timer = setTimeout(() => void live(), pause);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void live();
});
void live();
