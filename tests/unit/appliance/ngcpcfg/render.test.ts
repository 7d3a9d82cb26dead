import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import type { Appliance } from "../../../../appliance/model.ts";
import { build } from "../../../../appliance/ngcpcfg/build.ts";
import { render, TemplateError } from "../../../../appliance/ngcpcfg/render.ts";
import { planSite } from "../../../../appliance/ngcpcfg/site.ts";
import { withSamplePair } from "../../../golden/sample.ts";

let sample: Appliance | undefined;

test.before(async () => {
  await withSamplePair(async (site) => {
    sample = (await planSite({ ...site, node: "sp1" })).loaded.appliance;
  });
});

const appliance = (): Appliance => {
  if (sample === undefined) throw new Error("the sample pair was not read");
  return sample;
};

const rendered = (source: string) => render("etc/x.eta", source, { appliance: appliance() });
const fill = (source: string): string => rendered(source).content;

test("values are put in as they are, and a line keeps its end", (t) => {
  t.is(
    fill("a = <%= it.appliance.node %>\nb = <%= it.appliance.rtp.minPort %>\n"),
    "a = sp1\nb = 30000\n",
  );
  t.is(fill(`<%= "<&'\\">" %> $\\n \\ \`x\` "q"\n`), `<&'"> $\\n \\ \`x\` "q"\n`);
});

test("a line of nothing but statements leaves no trace, indented or not", (t) => {
  t.is(
    fill("x\n  <% for (const n of [1, 2]) { %>\n  n<%= n %>\n  <% } %>\ny\n"),
    "x\n  n1\n  n2\ny\n",
  );
  t.is(fill("<% if (true) { %><% if (true) { %>\na\n<% } %><% } %>\nb\n"), "a\nb\n");
  t.is(fill("a<% if (true) { %>b<% } %>\nc\n"), "ab\nc\n");
  t.is(fill("a\\n<% if (true) { %>\nb<% } %>\n"), "a\\n\nb\n");
});

test("a missing value is an error with template and line, and never a word in the file", (t) => {
  const errors = [
    [
      "a\n<%= it.appliance.nodee %>",
      /^etc\/x\.eta:2: it\.appliance\.nodee does not exist, in: <%= /,
    ],
    [
      "a\nb\n<%= it.appliance.sip.advertised.ipv4 %>",
      /^etc\/x\.eta:3: the value put in here is missing/,
    ],
    [
      "<%= it.appliance.ha.pingNodes[7] %>",
      /^etc\/x\.eta:1: it\.appliance\.ha\.pingNodes\[7\] does not exist/,
    ],
    ["<%= it.appliance.rtp %>", /^etc\/x\.eta:1: the value put in here is no text and no number/],
    [
      "<%= it.appliance.rtp.minPort / 'x' %>",
      /^etc\/x\.eta:1: the value put in here is no text and no number/,
    ],
    ["\n<%= nothing %>", /^etc\/x\.eta:2: nothing is not defined/],
    ["<% if ( { %>", /^etc\/x\.eta:1: begins a block that nothing closes/],
    ["<%= it.appliance.node ", /^etc\/x\.eta:1: unclosed tag/],
  ] as const;
  for (const [source, message] of errors) {
    t.throws(() => fill(source), { instanceOf: TemplateError, message }, source);
  }
});

test("an absent value may be asked for", (t) => {
  t.is(fill("<% if (it.appliance.sip.advertised.ipv4) { %>\nx\n<% } %>\ny\n"), "y\n");
});

test("every wrong template is told, and a file with secrets is for root alone", (t) => {
  const { files, problems } = build(
    [
      { name: "etc/a.eta", target: "etc/a", source: "<%= it.appliance.x %>" },
      { name: "etc/b.eta", target: "etc/b", source: "<%= it.appliance.y %>" },
      { name: "etc/c.eta", target: "etc/c", source: "<%= it.appliance.secrets.redisPassword %>" },
      { name: "etc/d/e.conf.eta", target: "etc/d/e.conf", source: "x" },
    ],
    appliance(),
  );
  t.deepEqual(
    problems.map(({ message }) => message.slice(0, 11)),
    ["etc/a.eta:1", "etc/b.eta:1"],
  );
  t.deepEqual(
    files.map(({ path, mode }) => [path, mode]),
    [
      ["/etc/c", 0o600],
      ["/etc/d/e.conf", 0o644],
    ],
  );
});

test("secrets in a file that its service reads as somebody else are refused, with the place and the remedy", (t) => {
  const name = "etc/rtpengine/ngcp-rtpengine.conf.eta";
  const source = "[rtpengine]\nredis = <%= it.appliance.secrets.redisPassword %>@127.0.0.1/1\n";
  const { files, problems } = build([{ name, target: name.slice(0, -4), source }], appliance());
  t.deepEqual(files, []);
  t.regex(problems[0]?.message ?? "", /conf\.eta:2: names secrets.*etc\/default\/ngcp-rtpengine/);
});

test("before the pair is made, what needs its secrets waits", (t) => {
  const { files, waiting, problems } = build(
    [
      { name: "etc/a.eta", target: "etc/a", source: "<%= it.appliance.secrets.redisPassword %>" },
      {
        name: "etc/b.eta",
        target: "etc/b",
        source: "<% if (it.appliance.secrets) { %>\nx\n<% } %>\ny\n",
      },
    ],
    { ...appliance(), secrets: undefined },
  );
  t.deepEqual(problems, []);
  t.deepEqual(waiting, ["/etc/a"]);
  t.deepEqual(
    files.map(({ path, content, mode }) => ({ path, content, mode })),
    [{ path: "/etc/b", content: "y\n", mode: 0o600 }],
  );
});

/** Each line of what is made, with the number of the line of the template. */
const numbered = (source: string): readonly string[] => {
  const { content, lines } = rendered(source);
  return content.split("\n").map((text, index) => `${lines[index] ?? 0} ${text}`);
};

test("each line is known to come from a line of the template, through loops and conditions", (t) => {
  t.deepEqual(numbered("a\n<% for (const n of [1, 2]) { %>\n  b<%= n %>\n  c\n<% } %>\nd\n"), [
    "1 a",
    "3   b1",
    "4   c",
    "3   b2",
    "4   c",
    "6 d",
    "7 ",
  ]);
  t.deepEqual(numbered("<%\n const x = 1\n%>\na<%= x\n %>b\n\\n c\n"), ["4 a1b", "6 \\n c", "7 "]);
  t.deepEqual(numbered('<%= "one\\ntwo" %>\nthree'), ["1 one", "1 two", "2 three"]);
});

test("a list or a section in the place of a text is refused without telling what it holds", (t) => {
  const error = t.throws(() => fill("<%= it.appliance.secrets %>\n"), {
    instanceOf: TemplateError,
  });
  t.regex(error.message, /etc\/x\.eta:1: the value put in here is no text .* but a section/);
  t.notRegex(error.message, /OfTheSample/);
  t.throws(() => fill("<%= it.appliance.ha.pingNodes %>"), { message: /but a list/ });
});

test("whatever a template throws is an error at its line", (t) => {
  t.throws(() => fill("a\n<% throw null %>\n"), {
    instanceOf: TemplateError,
    message: /^etc\/x\.eta:\d: null, in: /,
  });
  t.throws(() => fill("a\n<% throw 'spanner' %>\n"), { message: /: spanner, in: / });
});

test("a tag that does not end is an error at its line", (t) => {
  t.throws(() => fill("a\nb\n<% if (true"), {
    instanceOf: TemplateError,
    message: /^etc\/x\.eta:3: unclosed tag: /,
  });
});

test("what JavaScript does not take is an error at its line", (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["a\nb <% if (x { %>\nc\n<% } %>\n", /:2: Unexpected token '\{', in: b <% if \(x \{ %>$/],
    [
      "a\n\n<%\n const y = 1;\n\n const z = ;\n%>\nb\n",
      /:6: Unexpected token ';', in: const z = ;$/,
    ],
    ["a\n<% let b = 1; let b = 2 %>\n", /:2: Identifier 'b' has already been declared, in: /],
    ["a\n<% await 1 %>\n", /:2: await is only valid/],
    [
      "<% if (1) { %>\n<% for (const q of []) { %>\nb\n<% } %>\n",
      /:1: begins a block that nothing closes/,
    ],
    [
      "a\n<% if (1) { %>\n<% } else { %>\nb\n",
      /:3: begins a block that nothing closes, in: <% } else/,
    ],
    ["a\nb\n<% } %>\n<% if (1) { %>\n", /:3: closes a block, and none is open, in: <% } %>$/],
  ];
  for (const [source, message] of wrong)
    t.regex(
      t.throws(() => fill(source), { instanceOf: TemplateError }).message,
      new RegExp(`^etc/x\\.eta${message.source}`),
      source,
    );
});

test("what goes wrong in a tag of several lines is an error at its line in there", (t) => {
  t.throws(() => fill("a\n<%\n const y = 1;\n const z = nobody;\n%>\n"), {
    message: /^etc\/x\.eta:4: nobody is not defined, in: const z = nobody;$/,
  });
  t.throws(() => fill("a\n<%\n const y = 1;\n const z = it.appliance.none;\n%>\n"), {
    message: /^etc\/x\.eta:4: it\.appliance\.none does not exist, in: const z = /,
  });
  t.throws(() => fill("a\n<% include('other') %>\n"), {
    message: /^etc\/x\.eta:2: Views directory is not defined, in: <% include/,
  });
  t.throws(() => fill("a\n<% const f = () => it.appliance.self.none %>\nb\n<%= f() %>\n"), {
    message: /^etc\/x\.eta:2: it\.appliance\.self\.none does not exist/,
  });
});

test("a template that is a link, or no text, is an error and not left out", async (t) => {
  await withSamplePair(async (site) => {
    const own = join(site.configDirectory, "templates/etc/redis");
    await mkdir(own, { recursive: true });
    await writeFile(join(own, "a.conf.eta"), Buffer.from([0x61, 0xe4, 0x0a]));
    await t.throwsAsync(planSite({ ...site, node: "sp1" }), {
      message: /^etc\/redis\/a\.conf\.eta: is not written in UTF-8/,
    });
    await rm(join(own, "a.conf.eta"));
    await symlink("/etc/hostname", join(own, "b.conf.eta"));
    await t.throwsAsync(planSite({ ...site, node: "sp1" }), {
      message: /^etc\/redis\/b\.conf\.eta: is a symbolic link/,
    });
  });
});
