import test from "ava";
import { Vault } from "../../../../components/sbc/vault.ts";

test("what was sealed is read with the same secret, and with no other", (t) => {
  const sealed = new Vault("secret").seal("Grün & blau");
  // Of the bytes, and enough of them that chance does not write them: two letters came by themselves once in some hundred runs.
  t.false(Buffer.from(sealed, "base64").includes("Grün"));
  t.is(new Vault("secret").open(sealed), "Grün & blau");
  t.is(new Vault("other").open(sealed), undefined);
  t.is(new Vault().open(sealed), undefined);
});

test("what is damaged or no seal at all is nothing", (t) => {
  const vault = new Vault("secret");
  const sealed = vault.seal("word");
  t.is(vault.open(`${sealed.startsWith("A") ? "B" : "A"}${sealed.slice(1)}`), undefined);
  t.is(vault.open("word"), undefined);
  t.is(vault.open(""), undefined);
});

test("the same word is sealed another way each time", (t) => {
  const vault = new Vault("secret");
  t.not(vault.seal("word"), vault.seal("word"));
});
