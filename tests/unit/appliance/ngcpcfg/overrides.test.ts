import test from "ava";
import { chooseTemplates } from "../../../../appliance/ngcpcfg/overrides.ts";

const WHOSE = { host: "rack7", node: "sp1" };

/** From the one that gives way to all to the one that all give way to. */
const RANKED = [
  "etc/lb.cfg.eta",
  "etc/lb.cfg.eta.sp1",
  "etc/lb.cfg.eta.sp",
  "etc/lb.cfg.eta.rack7",
  "etc/lb.cfg.custom.eta",
  "etc/lb.cfg.custom.eta.sp1",
  "etc/lb.cfg.custom.eta.sp",
  "etc/lb.cfg.custom.eta.rack7",
];

for (const [index, name] of RANKED.entries())
  test(`${name} goes before what is less special`, (t) => {
    t.deepEqual(chooseTemplates(RANKED.slice(0, index + 1).reverse(), WHOSE), [
      { name, target: "etc/lb.cfg" },
    ]);
  });

test("what is for somebody else, and what is no template, is left out", (t) => {
  t.deepEqual(
    chooseTemplates(
      ["etc/lb.cfg.eta.sp2", "etc/lb.cfg.custom.eta.other", ".shipped.json", "etc/notes.txt"],
      WHOSE,
    ),
    [],
  );
});

test("each file gets one template, in the order of the files", (t) => {
  t.deepEqual(chooseTemplates(["etc/b.cfg.eta", "etc/a.cfg.custom.eta", "etc/a.cfg.eta"], WHOSE), [
    { name: "etc/a.cfg.custom.eta", target: "etc/a.cfg" },
    { name: "etc/b.cfg.eta", target: "etc/b.cfg" },
  ]);
});
