import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PAGES, SERVICE_PAGES } from "../manual/index.ts";
import { manPage } from "../manual/roff.ts";

/** Writes a man page of section 8 for every program. */
export const writeManual = async (into: string): Promise<void> => {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  for (const page of [...PAGES, ...SERVICE_PAGES]) {
    await writeFile(join(into, `${page.define().name()}.8`), manPage(page));
  }
};
