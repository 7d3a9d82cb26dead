import { randomInt, scrypt } from "node:crypto";
import { ApplianceError } from "../errors.ts";

/** Crockford's letters: none is taken for another when it is read out. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 12;
const GROUP = 4;

export class PairCodeError extends ApplianceError {
  override readonly name = "PairCodeError";
  readonly code = "NGCP_PAIR_CODE";
}

/**
 * A code for one pairing: 60 random bits as `K7QM-2XPA-9DTR`. Who records the exchange cannot test
 * codes against it; who answers in the peer's place can, and has to try 2^60 of them through scrypt.
 */
export const newCode = (): string =>
  Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)] ?? "")
    .join("")
    .replace(new RegExp(`.{${GROUP}}(?=.)`, "g"), "$&-");

/** The code as it was meant: case and dashes do not matter, nor do letters that look like digits. */
const plainCode = (typed: string): string => {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (plain.length !== LENGTH || Array.from(plain).some((letter) => !LETTERS.includes(letter))) {
    throw new PairCodeError("this is no code of ngcp-pair; it looks like K7QM-2XPA-9DTR");
  }
  return plain;
};

/** A guess costs 32 MB and about a tenth of a second. The code is random and used once, so the salt is fixed. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1_024 * 1_024 };

/**
 * The key that a code stands for.
 *
 * @throws {PairCodeError} when the text cannot be a code
 */
export const keyOfCode = async (typed: string): Promise<Buffer> => {
  const plain = plainCode(typed);
  return new Promise((resolve, reject) => {
    scrypt(plain, "tandem pair code v1", 32, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
};
