import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Puts a text in the place of a file: whoever reads it finds the old one or the new one, whole, whatever
 * happens meanwhile, and the new one is on the disk when this returns. @param mode of the file, whatever it
 * was and whatever the process masks. Fails with the errors of the file system, and the old one stays.
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const directory = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
