import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

/** What opening a sealed text gave. Nothing of the text or the passphrase is ever in a message. */
export type Unsealed =
  | { readonly kind: "text"; readonly text: string }
  /** It is a sealed text, and another passphrase sealed it, or somebody altered it. */
  | { readonly kind: "wrong" }
  | { readonly kind: "malformed"; readonly line: number; readonly allowed: string };

/** The first line of a sealed key file. */
export const sealTitle = "meshtoll sealed keys 1";

/** scrypt (RFC 7914) with 16 MB: half a second on a router, and as much for each guess. */
const cost = { N: 16_384, r: 8, p: 1 } as const;

const cipher = "aes-256-gcm";

/** Whether a text is sealed, or should be. */
export function isSealed(text: string): boolean {
  return text.startsWith(`${sealTitle}\n`);
}

/** A text that nobody reads or alters without the passphrase. */
export function seal(text: string, passphrase: string): string {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const work = createCipheriv(cipher, keyOf(passphrase, salt), nonce);
  const sealed = Buffer.concat([work.update(text, "utf8"), work.final()]);
  return [
    sealTitle,
    `salt ${salt.toString("hex")}`,
    `nonce ${nonce.toString("hex")}`,
    `tag ${work.getAuthTag().toString("hex")}`,
    `text ${sealed.toString("base64")}`,
    "",
  ].join("\n");
}

/** What {@link seal} sealed. */
export function unseal(sealed: string, passphrase: string): Unsealed {
  const lines = sealed.split("\n");
  const forms = [
    ["salt", /^salt ([0-9a-f]{32})$/],
    ["nonce", /^nonce ([0-9a-f]{24})$/],
    ["tag", /^tag ([0-9a-f]{32})$/],
    ["text", /^text ([A-Za-z0-9+/]{2,1400}={0,2})$/],
  ] as const;
  const found: string[] = [];
  for (const [i, [name, form]] of forms.entries()) {
    const value = form.exec(lines[i + 1] ?? "")?.[1];
    if (value === undefined)
      return { kind: "malformed", line: i + 2, allowed: `"${name}" and its value` };
    found.push(value);
  }
  if (lines.length !== 6 || lines[5] !== "") {
    return { kind: "malformed", line: 6, allowed: "nothing, after one line end" };
  }
  const [salt = "", nonce = "", tag = "", text = ""] = found;
  try {
    const key = keyOf(passphrase, Buffer.from(salt, "hex"));
    const work = createDecipheriv(cipher, key, Buffer.from(nonce, "hex"));
    work.setAuthTag(Buffer.from(tag, "hex"));
    const bytes = Buffer.concat([work.update(Buffer.from(text, "base64")), work.final()]);
    return { kind: "text", text: bytes.toString("utf8") };
  } catch {
    return { kind: "wrong" };
  }
}

function keyOf(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, 32, cost);
}
