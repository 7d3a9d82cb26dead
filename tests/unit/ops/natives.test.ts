import { relative } from "node:path";
import test from "ava";
import { isShipped, nativeClosure } from "../../../ops/package/natives.ts";

test("the native packages bring what they load and nothing for compilers", async (t) => {
  const root = process.cwd();
  const names = (await nativeClosure(root)).map((folder) =>
    relative(`${root}/node_modules`, folder),
  );
  for (const needed of ["netlink", "node-gyp-build", "syscall-napi"]) {
    t.true(names.includes(needed), `${needed} is missing in ${names.join(", ")}`);
  }
  t.deepEqual(
    names.filter((name) => /^@types|node-addon-api|^node-gyp$/.test(name)),
    [],
  );
});

const CASES = [
  ["index.js", true],
  ["package.json", true],
  ["lib/functions/socket.js", true],
  ["prebuilds/linux-x64/node.napi.node", true],
  ["prebuilds/linux-arm64/node.napi.node", false],
  ["build/Release/syscall.node", true],
  ["build/Release/obj.target/syscall.node", false],
  ["build/config.gypi", false],
  ["dist/index.d.ts", false],
  ["src/module.cc", false],
  ["test/socket.js", false],
  ["LICENSE", false],
  ["README.md", false],
  ["bin.js", false],
] as const;

for (const [path, shipped] of CASES) {
  test(`${path} is ${shipped ? "shipped" : "left behind"}`, (t) => {
    t.is(isShipped(path), shipped);
  });
}
