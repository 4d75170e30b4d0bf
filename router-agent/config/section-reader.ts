import * as z from "zod/mini";
import { type Entry, listLimit, pathOf, type Section } from "./document.ts";
import { type Form, type Token, valueLimit } from "./form.ts";
import { fallbackText, type Option, type Options } from "./options.ts";
import { didYouMean, type Problem, shown } from "./problem.ts";

/** The values of a section: of its type where always given, undefined where it may be absent. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly many: number }
    ? readonly FormValue<O[K]>[] | undefined
    : O[K] extends { readonly fallback: { readonly kind: "none" } }
      ? FormValue<O[K]> | undefined
      : FormValue<O[K]>;
};

type FormValue<O> = O extends { readonly form: Form<infer A> } ? A : never;

/**
 * Understands one section: each option by its form, defaults filled in, unknown options refused.
 * Adds what is wrong to `problems` and gives undefined then.
 */
export function readSection<O extends Options>(
  section: Section,
  options: O,
  token: Token,
  problems: Problem[],
): Values<O> | undefined {
  const excess = excessOf(section);
  if (excess !== undefined) {
    problems.push(excess);
    return undefined;
  }
  const given = Object.fromEntries([...section.entries].map(([key, { value }]) => [key, value]));
  const result = z.safeParse(schemaOf(options, token), given);
  if (result.success) return result.data as Values<O>;
  for (const issue of result.error.issues) {
    problems.push(...inOurWords(issue, section, options, token));
  }
  return undefined;
}

/** More options or values than any section has, which would only make a long list of problems. */
function excessOf(section: Section): Problem | undefined {
  const { entries, line, path } = section;
  if (entries.size > listLimit) {
    const found = `${entries.size} options`;
    return { path: path === "" ? "file" : path, line, found, allowed: `at most ${listLimit}` };
  }
  for (const [key, { value, line }] of entries) {
    if (typeof value === "string" || value.length <= listLimit) continue;
    const found = `a list of ${value.length}`;
    return { path: pathOf(section, key), line, found, allowed: `at most ${listLimit} values` };
  }
  return undefined;
}

/** The strict zod object that the table of options describes. */
function schemaOf(options: Options, token: Token) {
  const shape: Record<string, z.ZodMiniType> = {};
  for (const [key, option] of Object.entries(options)) shape[key] = fieldOf(option, token);
  return z.strictObject(shape);
}

function fieldOf(option: Option<unknown>, token: Token): z.ZodMiniType {
  const one = textOf(option.form, token);
  const field = option.many === undefined ? one : listOf(one, option.many);
  switch (option.fallback.kind) {
    case "required":
      return field;
    case "none":
      return z.optional(field);
    case "text":
      return z.prefault(field, fallbackText(option, token));
  }
}

function textOf(form: Form<unknown>, token: Token): z.ZodMiniType {
  return z.pipe(
    z.string().check(z.maxLength(valueLimit)),
    z.transform((text, context) => {
      const value = form.read(text, token);
      if (value.ok) return value.value;
      context.issues.push({ code: "custom", input: text, message: value.allowed });
      return z.NEVER;
    }),
  );
}

/** A list, or a single value that stands for a list of one. */
function listOf(one: z.ZodMiniType, many: number): z.ZodMiniType {
  const asList = z.transform((value) => (Array.isArray(value) ? value : [value]));
  return z.pipe(asList, z.array(one).check(z.minLength(1), z.maxLength(many)));
}

function inOurWords(
  issue: z.core.$ZodIssue,
  section: Section,
  options: Options,
  token: Token,
): Problem[] {
  const known = Object.keys(options);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: pathOf(section, /^\w{1,40}$/.test(key) ? key : shown(key)),
      line: section.entries.get(key)?.line,
      found: "an unknown option",
      allowed: `one of ${known.join(", ")}${didYouMean(key, known)}`,
    }));
  }
  const key = String(issue.path[0]);
  const place = typeof issue.path[1] === "number" ? issue.path[1] : undefined;
  const entry = section.entries.get(key);
  const path = pathOf(section, place === undefined ? key : `${key}[${place}]`);
  const line = entry?.line ?? section.line;
  const option = options[key];
  const fallback = option === undefined ? undefined : fallbackText(option, token);
  return [
    { path, line, found: foundAt(entry, place, fallback), allowed: allowedBy(issue, option) },
  ];
}

function foundAt(
  entry: Entry | undefined,
  place: number | undefined,
  fallback: string | undefined,
): string {
  if (entry === undefined) return fallback === undefined ? "nothing" : `the default ${fallback}`;
  if (typeof entry.value === "string") return shown(entry.value);
  if (place !== undefined) return shown(entry.value[place] ?? "");
  return `a list of ${entry.value.length}`;
}

function allowedBy(issue: z.core.$ZodIssue, option: Option<unknown> | undefined): string {
  switch (issue.code) {
    case "custom":
      return issue.message;
    case "too_big":
      return issue.origin === "array"
        ? `at most ${issue.maximum} values`
        : `at most ${issue.maximum} characters`;
    case "too_small":
      return `at least ${issue.minimum} value`;
    default:
      return option?.fallback.kind === "required" ? `one value; ${option.about}` : "one value";
  }
}
