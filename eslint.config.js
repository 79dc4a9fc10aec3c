import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** What holds for every file, also where there are no types to go by. */
const UNTYPED = {
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/ban-ts-comment": "error",
  "no-eval": "error",
  "no-constant-condition": ["error", { checkLoops: false }],
  eqeqeq: ["error", "always", { null: "ignore" }],
};

/** Only what needs types or knowledge of React; formatting is Biome's. */
export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/.next/**",
      "**/node_modules/**",
      "**/coverage/**",
      "packages/**/*.mjs",
      "**/*.js",
      "**/tsup.config.ts",
      "**/next.config.ts",
      "**/*.d.ts",
    ],
  },
  {
    files: ["packages/*/src/**/*.{ts,tsx}", "tests/**/*.ts"],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...UNTYPED,
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false, arguments: false } },
      ],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    // Run as they are, in no TypeScript project: without types, what the compiler would find in a typed file is looked for here.
    files: ["{scripts,benchmarks}/**/*.{mjs,mts,ts}"],
    extends: [tseslint.configs.recommended],
    // Those of the Node that runs them.
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, "readonly"])),
    },
    rules: {
      ...UNTYPED,
      "no-undef": "error",
      // `{ left, out, ...rest }` is how a field is left out.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  {
    files: ["packages/*/src/**/*.{ts,tsx}"],
    ignores: ["**/*.test.*", "**/*.fixture.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: "Chance is handed in (RandomSource).",
        },
      ],
    },
  },
  {
    files: ["packages/react/src/**/*.tsx", "packages/react/src/**/*.ts", "packages/dashboard/src/**/*.tsx"],
    plugins: { "react-hooks": reactHooks },
    rules: { "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "error" },
  },
);
