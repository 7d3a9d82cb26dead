/** The layers of ARCHITECTURE.md. A forbidden arrow names the rule it breaks. */
const door = (name, to, from) => ({
  name: `door-${name}`,
  comment: `${name} has one door in the code`,
  severity: "error",
  from: { path: "^(appliance|ha|components|ops)/", pathNot: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    {
      name: "core-is-alone",
      severity: "error",
      from: { path: "^ha/core/" },
      to: { pathNot: "^ha/core/" },
    },
    {
      name: "components-know-only-the-appliance",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^(ha|ops|tests)/" },
    },
    {
      name: "appliance-is-the-ground",
      severity: "error",
      from: { path: "^appliance/" },
      to: { path: "^(ha|ops|tests|components)/" },
    },
    {
      name: "ha-never-reaches-up",
      severity: "error",
      from: { path: "^ha/" },
      to: { path: "^(ops|tests)/" },
    },
    {
      name: "ops-talks-to-the-daemon-through-control",
      severity: "error",
      from: { path: "^ops/", pathNot: "^ops/commands/ha-replay" },
      to: { path: "^ha/", pathNot: "^ha/control/(contract|client)" },
    },
    {
      name: "tests-are-imported-by-nobody",
      severity: "error",
      from: { pathNot: "^tests/" },
      to: { path: "^tests/" },
    },
    {
      name: "no-cycles",
      comment: "types alone may refer to each other: nothing is loaded for them",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: "\\.(d|test|drill)\\.ts$|\\.cjs$|^(ops/bin|ops/lab)/" },
      to: {},
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    door(
      "mysql2",
      "node_modules/mysql2/",
      "^(ha/effects/database|appliance/database/client)\\.ts$",
    ),
    door("xmlrpc", "node_modules/@foxglove/xmlrpc/", "^components/sbc/control/xmlrpc\\.ts$"),
    door("drachtio-srf", "node_modules/drachtio-srf/", "^components/sbc/apps/"),
    door("ioredis", "node_modules/ioredis/", "^(ha/effects/cache|components/sbc/store)\\.ts$"),
    door("execa", "node_modules/execa/", "^appliance/system/command\\.ts$"),
    door("netlink", "node_modules/netlink/", "^ha/effects/netlink\\.ts$"),
    door("syscall-napi", "node_modules/syscall-napi/", "^ha/effects/(packet|memory)\\.ts$"),
    door("fastify", "node_modules/fastify/", "^ha/control/server\\.ts$"),
    door("pino", "node_modules/pino/", "^ha/journal/log\\.ts$"),
    door("eta", "node_modules/eta/", "^appliance/ngcpcfg/render\\.ts$"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|build)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
