import { photograph, type Subject } from "./photograph.ts";

/**
 * `node photographer.ts JSON`: takes one picture, told as a {@link Subject}. A program of its own, because
 * a page that listens on the loopback of a network namespace is seen only from in there.
 */
await photograph(JSON.parse(process.argv[2] ?? "") as Subject);
