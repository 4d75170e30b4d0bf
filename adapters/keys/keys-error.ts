import * as Data from "effect/Data";

/** Why a node has no keys. The file is left as it was found, always. */
export type KeysError = KeysExposed | KeysMalformed | KeysSealed | KeysUnavailable;

/** Others could read the secrets, or put other ones in their place. Names the remedy. */
export class KeysExposed extends Data.TaggedError("KeysExposed")<{
  readonly path: string;
  /** What is wrong with it. */
  readonly found: string;
  /** What puts it right. */
  readonly remedy: string;
}> {
  override get message(): string {
    return `${this.path} ${this.found}; if nobody has read it yet: ${this.remedy}`;
  }
}

/** Not a key file, or a damaged one. Shows nothing of what is in it. */
export class KeysMalformed extends Data.TaggedError("KeysMalformed")<{
  readonly path: string;
  readonly line: number;
  readonly allowed: string;
}> {
  override get message(): string {
    return `${this.path}, line ${this.line} is malformed (not shown), allowed is ${this.allowed}`;
  }
}

/** The file or its directory cannot be read or written. */
export class KeysUnavailable extends Data.TaggedError("KeysUnavailable")<{
  readonly path: string;
  readonly doing: string;
  /** The system's word for it, such as EACCES. */
  readonly code: string;
}> {
  override get message(): string {
    return `cannot ${this.doing} ${this.path}: ${this.code}`;
  }
}

/** Keys are sealed, or should be, and do not open so. Names the remedy. */
export class KeysSealed extends Data.TaggedError("KeysSealed")<{
  readonly path: string;
  readonly found: string;
  readonly remedy: string;
}> {
  override get message(): string {
    return `${this.path} ${this.found}: ${this.remedy}`;
  }
}
