import * as Effect from "effect/Effect";
import { type Babel, emptyView } from "./babel.ts";

/** No babeld: it knows nothing and never will. For an agent that chooses exits and no other ways. */
export const absentBabel: Babel["Service"] = {
  view: () => emptyView,
  changed: () => Effect.never,
};
