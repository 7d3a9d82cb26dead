import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

const field = (json: unknown, name: string): string => {
  const fields = new Map(typeof json === "object" && json !== null ? Object.entries(json) : []);
  const value: unknown = fields.get(name);
  return typeof value === "string" ? value : "unknown";
};

const licenceText = async (folder: string): Promise<string> => {
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return texts.map((text) => text.trim()).join("\n\n");
};

/** The licences of all packages that the .deb carries, one after the other. */
export const noticesOf = async (folders: readonly string[]): Promise<string> => {
  const notices = await Promise.all(
    [...new Set(folders)].sort().map(async (folder) => {
      const json: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      const title = `${field(json, "name")} ${field(json, "version")} (${field(json, "license")})`;
      return `${title}\n${"=".repeat(title.length)}\n\n${await licenceText(folder)}\n`;
    }),
  );
  return `Packages from the npm registry that ngcp-tandem carries, and their licences.\n\n${notices.join("\n\n")}`;
};
