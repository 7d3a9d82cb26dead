import tseslint from "typescript-eslint";

const sizes = {
  "max-lines": ["error", { max: 300, skipBlankLines: false, skipComments: false }],
  "max-lines-per-function": ["error", { max: 60 }],
  complexity: ["error", { max: 10, variant: "modified" }],
  "max-params": ["error", 4],
};

/** The brain is pure: no clock, no chance, no waiting, no exceptions, no hidden state. */
const coreBans = {
  "no-restricted-globals": ["error", "Date", "setTimeout", "setInterval", "process", "Buffer"],
  "no-restricted-properties": ["error", { object: "Math", property: "random" }],
  "no-restricted-syntax": [
    "error",
    { selector: "AwaitExpression", message: "the core does not wait: ask for a step" },
    { selector: ":function[async=true]", message: "the core does not wait: ask for a step" },
    { selector: "ThrowStatement", message: "the core answers with effects, never with exceptions" },
    { selector: "ClassDeclaration", message: "the core is functions over plain data" },
    {
      selector: "VariableDeclaration[kind='let']:not(:function VariableDeclaration)",
      message: "the core keeps no state of its own",
    },
  ],
};

/** The SIP core is given the time and its random text; sockets and timers live in components/sbc/transport.ts. */
const sipBans = {
  "no-restricted-globals": [
    "error",
    "Date",
    "performance",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "process",
    "crypto",
  ],
  "no-restricted-properties": ["error", { object: "Math", property: "random" }],
  "no-restricted-imports": [
    "error",
    {
      paths: [
        ...["dgram", "net", "fs", "timers", "process"].flatMap((name) => [name, `node:${name}`]),
        { name: "node:crypto", importNames: ["randomBytes", "randomUUID", "randomInt"] },
      ],
    },
  ],
  "no-restricted-syntax": [
    "error",
    { selector: "AwaitExpression", message: "the SIP core does not wait" },
    { selector: ":function[async=true]", message: "the SIP core does not wait" },
    { selector: "ThrowStatement", message: "what a peer sends is never an exception" },
  ],
};

export default tseslint.config(
  { ignores: ["dist/**", "build/**", "node_modules/**", "debian/**"] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...sizes,
      "no-console": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["ha/core/**/*.ts"], rules: coreBans },
  { files: ["components/sbc/sip/**/*.ts"], rules: sipBans },
  { files: ["tests/**/*.ts"], rules: { "max-lines-per-function": ["error", { max: 120 }] } },
);
