import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  certificateIn,
  keepCertificate,
  readCertificate,
} from "../../../../appliance/pair/certificate.ts";
import type { Certificate } from "../../../../appliance/pair/certificate.ts";

const made = (): { readonly folder: string; readonly pair: Certificate } => {
  const folder = mkdtempSync(join(tmpdir(), "ngcp-certificate-"));
  const [key, crt] = [join(folder, "k"), join(folder, "c")];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=sp1".split(
    " ",
  );
  execFileSync("openssl", [...words, "-keyout", key, "-out", crt], { stdio: "ignore" });
  return {
    folder,
    pair: { certificate: readFileSync(crt, "utf8"), key: readFileSync(key, "utf8") },
  };
};

test("a node that joins shows the pair's certificate, and keeps its own beside it", async (t) => {
  const one = made();
  const other = made();
  t.teardown(() => [one, other].forEach(({ folder }) => rmSync(folder, { recursive: true })));
  mkdirSync(join(one.folder, "ssl"));
  const state = join(one.folder, "state");
  t.is(await readCertificate(one.folder), undefined);
  await keepCertificate(one.folder, state, one.pair);
  await keepCertificate(one.folder, state, other.pair);
  t.deepEqual(await readCertificate(one.folder), other.pair);
  t.is(statSync(join(one.folder, "ssl/myserver.key")).mode & 0o777, 0o640);
  t.is(
    readFileSync(join(one.folder, "ssl/myserver.crt.before-pair"), "utf8"),
    one.pair.certificate,
  );
});

test("what is no certificate with its key is not taken", (t) => {
  const { folder, pair } = made();
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.deepEqual(certificateIn(pair), pair);
  t.is(certificateIn({ ...pair, certificate: "x" }), undefined);
  t.is(certificateIn({ certificate: pair.certificate }), undefined);
  t.is(certificateIn(undefined), undefined);
});
