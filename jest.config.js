export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  testSequencer: "<rootDir>/tests/longest-first.js",
  reporters: ["default", "<rootDir>/tests/reporter.js"],
  testTimeout: 120000,
  maxWorkers: 3,
};
